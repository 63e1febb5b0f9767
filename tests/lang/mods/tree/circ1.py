import circ2
val = 1
