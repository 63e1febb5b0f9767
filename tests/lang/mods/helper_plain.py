"""Doc of helper."""
CONST = 42
state = ["initial"]
counter = 0
module_name = __name__
def add(a, b):
    return a + b
def count_calls():
    global counter
    counter += 1
    return counter
class Thing:
    def __init__(self, v):
        self.v = v
    def __repr__(self):
        return f"Thing({self.v})"
