# What --stats counts: the names of the rows, and figures that must be what they are.
unset AIO_GC_STRESS
cat > work.aio <<'END'
class Point:
    def __init__(self, x):
        self.x = x

    def get(self):
        return self.x

class Other(Point):
    pass

def run(n):
    total = 0
    for i in range(n):
        total += Point(i).get() + Other(i).get()
    return [str(total + 0.5) for _ in range(3)]

print(run(1000))
END
"$AIO" --stats work.aio 2> err
grep -E '^[a-z]' err | sed 's/ [ 0-9].*//'
row() { sed -n "s/^ *$1  *//p" err | sed 's/  *[0-9.]* %$//'; }
echo "inits: $(row 'work.aio:3 STORE_ATTR x' | awk '{ print $1 + $2 + $3, ($1 + $2 > 1900) }')"
echo "get: $(row 'work.aio:6 LOAD_ATTR x' | awk '{ print $1 + $2 + $3, ($3 < 100) }')"
echo "method get: $(grep -c 'work.aio:14 LOAD_METHOD get' err)"
echo "points: $(row Point | awk '{ print $1, ($2 > 1000 * 16) }')"
echo "others: $(row Other | awk '{ print $1, ($2 > 1000 * 16) }')"
for name in LOAD_METHOD CALL_METHOD FOR_ITER RETURN "LOAD_METHOD CALL_METHOD" globals methods "attributes read" "attributes written"; do
    echo "$name: $(row "$name" | grep -c '^[1-9]')"
done
for name in "longest pause" pauses "sweeping and fresh memory" "memory held"; do grep -c "^  $name  *[0-9]" err; done
# What is printed and how it ends is what it would be without; an error, an exit and the rest of the heap's work too.
"$AIO" --stats -c 'import gc
class A:
    def __del__(self): print("gone")
A(); gc.collect()
print(len([[i] * 300 for i in range(3000)]), len(bytes(100000)))
raise SystemExit(3)' 2> err
echo "status $?"
grep -c '^collections' err
"$AIO" --stats -c 'import threading
def f(n):
    for i in range(n): str(i)
ts = [threading.Thread(target=f, args=(2000,)) for _ in range(3)]
for t in ts: t.start()
for t in ts: t.join()
1 / 0' 2> err
echo "status $?"
grep '^ZeroDivisionError' err
AIO_GC_STRESS=3 "$AIO" --stats work.aio 2> err
row Point | awk '{ print $1 }'
"$AIO" --stats --trace -c 'pass' 2>&1 | grep -q ' RETURN ' && echo traced
