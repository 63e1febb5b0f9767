try:
    from circ1 import val
except ImportError as e: print(type(e).__name__, str(e).replace(__file__.rsplit('/',1)[0], 'D'), e.name, e.path == __file__.replace('circ2','circ1'))
import circ1
try: circ1.val
except AttributeError as e: print(str(e).replace(__file__.rsplit("/",1)[0], "D"))
