x: int = 1
y: str
def f(): pass
