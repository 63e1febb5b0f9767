import time
print("imported once")
value = 1
time.sleep(0.005)
value = 2
