val = 2
from . import one
