print('one', __name__, __package__, __spec__.parent)
from . import name
from .two import val as v2
from .sub import subval
from . import two as tt
