public_one = 1
_private = 2
def public_two():
    return "two"
