import time; time.sleep(0.003)
import mods.circle_b
a = 1
