subval = 's'
from ..two import val
from .. import name as pname
