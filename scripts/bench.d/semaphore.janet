# A semaphore is a channel with as many tokens.
(def n 50000)
(def s (ev/chan 3))
(for i 0 3 (ev/give s true))
(def end (ev/chan 10))
(for i 0 10
  (ev/spawn
    (for k 0 (/ n 10)
      (ev/take s)
      (ev/sleep 0)
      (ev/give s true))
    (ev/give end true)))
(for i 0 10 (ev/take end))
(print (if (ev/full s) "False" "True"))
