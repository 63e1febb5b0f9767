name = __name__
x = "helper x"
def get_x():
    return x
def set_x(v):
    global x
    x = v
class K:
    def where(self):
        return __name__
def make():
    return lambda: x
def fail():
    return y_undefined
def inner():
    return "inner"
def calls_inner():
    return inner()
def len_of(s):
    return len(s)
