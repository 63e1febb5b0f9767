# -m: modules of one's own, of packages and of the library as scripts.
mkdir -p pkg
echo 'import sys; print(__name__, repr(__package__), __spec__.name, sys.argv[1:], sys.path[0] == sys.path[0].rstrip("/"))' > one.aio
echo 'from . import sub; print(__name__, __package__, sub.__name__, __file__.rsplit("/", 2)[1:])' > pkg/__main__.aio
touch pkg/__init__.aio pkg/sub.aio
cat > test_it.aio << 'END'
import unittest
class T(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.assertEqual(1, 2)
END
"$AIO" -m one a -b
"$AIO" -m pkg
"$AIO" -m pkg.sub && echo nothing
for m in nope pkg.nope json ..x; do
    "$AIO" -m $m 2>&1 | sed 's|^/[^:]*|AIO|'
done
"$AIO" -m nope 2>/dev/null
echo "status $?"
"$AIO" -m
echo "status $?"
"$AIO" -m unittest test_it.T.test_good 2>&1 | sed 's/in [0-9.]*s/in N/'
"$AIO" -m unittest -v 2>&1 | sed 's/in [0-9.]*s/in N/; s|File ".*/|File "|'
"$AIO" -m unittest >/dev/null 2>&1
echo "status $?"
"$AIO" -m unittest -k nothing >/dev/null 2>&1
echo "status $?"
rm -r one.aio pkg test_it.aio
