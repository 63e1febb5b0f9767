# A module beside the script that has its name from the library, or may have it from elsewhere, is told to be renamed.
cat > fractions.py <<'END'
x = 1
END
cat > third.py <<'END'
import third
try:
    third.nope
except AttributeError as e:
    print(e)
END
mkdir deep
cat > deep/deeper.py <<'END'
import deeper
try:
    deeper.nope
except AttributeError as e:
    print(e)
END
cat > main.py <<'END'
import fractions, sys
try:
    fractions.Fraction
except AttributeError as e:
    print(e)
try:
    from fractions import Fraction
except ImportError as e:
    print(e)
import third
sys.path.append(sys.path[0] + "/deep")
import deeper
fractions.__name__ = "foo"
try:
    fractions.Fraction
except AttributeError as e:
    print(e)
END
$AIO main.py | sed "s|$PWD|DIR|g"
