value = 1
import helper_cycle_b
def total():
    return value + helper_cycle_b.value_b
