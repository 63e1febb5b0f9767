# A future is a channel for one value.
(def n 100000)
(var box nil)
(def end (ev/chan 1))
(ev/spawn
  (for i 0 n
    (while (nil? box) (ev/sleep 0))
    (def f box)
    (set box nil)
    (ev/give f i))
  (ev/give end true))
(var s 0)
(for i 0 n
  (def f (ev/chan 1))
  (set box f)
  (+= s (ev/take f)))
(ev/take end)
(printf "%.0f" s)
