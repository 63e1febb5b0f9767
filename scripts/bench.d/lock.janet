# A lock is a channel with one token.
(def n 50000)
(def lock (ev/chan 1))
(ev/give lock true)
(def end (ev/chan 10))
(for i 0 10
  (ev/spawn
    (for k 0 (/ n 10)
      (ev/take lock)
      (ev/sleep 0)
      (ev/give lock true))
    (ev/give end true)))
(for i 0 10 (ev/take end))
(print (if (ev/full lock) "False" "True"))
