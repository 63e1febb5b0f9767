import helper_cycle_a
value_b = helper_cycle_a.value + 10
try:
    helper_cycle_a.total
    seen = True
except AttributeError as e:
    seen = False
