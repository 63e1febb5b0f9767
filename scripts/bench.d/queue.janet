(def n 200000)
(def q (ev/chan 10))
(def end (ev/chan 1))
(ev/spawn
  (var s 0)
  (for i 0 n (+= s (ev/take q)))
  (ev/give end s))
(for i 0 n (ev/give q i))
(printf "%.0f" (ev/take end))
