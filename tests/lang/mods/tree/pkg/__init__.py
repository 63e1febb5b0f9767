"pkg doc"
print('init', __name__, __package__, __path__ == [__file__.rsplit('/', 1)[0]], __spec__.name, __spec__.parent)
__all__ = ['one', 'name', 'sub']
name = 'pkgname'
_private = 1
def __getattr__(n):
    if n == 'lazy': return 'lazy value'
    raise AttributeError(f'no {n} here')
def __dir__(): return ['z', 'a']
