__all__ = ['a', 'zz']
a = 1
