(defn turn [n] (for i 0 n (ev/sleep 0)) n)
(def end (ev/chan 1))
(ev/spawn (ev/give end (turn 200000)))
(print (ev/take end))
