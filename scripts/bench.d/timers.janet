(def n 100000)
(var left n)
(def done (ev/chan 1))
(for i 0 n
  (ev/spawn
    (ev/sleep (* (% i 7) 0.001))
    (-- left)
    (if (= left 0) (ev/give done true))))
(ev/take done)
(for i 0 (/ n 10) (ev/sleep 0.0000001))
(print left)
