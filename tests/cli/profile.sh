# --profile=FILE: a line for each stack, frame;frame;frame microseconds; the busy function and its task have most of it.
unset AIO_GC_STRESS
cat > work.aio <<'END'
import asyncio, time

def spin(n):
    total = 0
    for i in range(n):
        total += i * 2
        total ^= 5
    return total

class Worker:
    async def busy(self):
        while time.process_time() < 0.3:
            spin(20000)
            await asyncio.sleep(0)

async def lazy():
    for _ in range(20):
        spin(50)
        await asyncio.sleep(0)

async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(Worker().busy(), name="hard; work")
        group.create_task(lazy())

asyncio.run(main())
print("done")
END
"$AIO" --profile=folded work.aio
grep -vE '^[^;]+(;[^;]+)* [1-9][0-9]*$' folded && echo "lines of another form"
LC_ALL=C sort folded | sed 's/ [0-9]*$//' | uniq -d
share() {       # of the lines that match, in percent of all
    awk -v pattern="$1" '{ all += $NF } $0 ~ pattern { part += $NF } END { print (part * 100 > all * '"$2"') ? "most" : "few of it" }' folded
}
echo "task: $(share '^hard: work;' 50)"
echo "function: $(share 'Worker.busy .work.aio:13.;spin .work.aio:[567]. ' 50)"
echo "lazy: $(share 'lazy' 50)"
grep -oE '^hard: work;Worker.busy \(work.aio:13\);spin' folded | sort -u
# Without tasks; recursion; threads; natives that call back; time in the collector; a script that ends otherwise.
cat > plain.aio <<'END'
import threading, time
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def work():
    until = time.process_time() + 0.15
    while time.process_time() < until:
        sorted([[i] for i in range(3000)], key=lambda x: -x[0])
        fib(14)
thread = threading.Thread(target=work)
thread.start()
work()
thread.join()
raise SystemExit(4)
END
"$AIO" --profile=folded plain.aio
echo "status $?"
grep -vE '^[^;]+(;[^;]+)* [1-9][0-9]*$' folded && echo "lines of another form"
echo "fib or sort: $(share 'work .plain.aio:[67].' 50)"
"$AIO" --profile=folded --stats -c 'import time
while time.process_time() < 0.2: x = [str(i) for i in range(10000)]
1 / 0' 2> err
echo "status $?"
grep -c '^ZeroDivisionError' err
[ -s folded ] && echo written
"$AIO" --profile=nowhere/folded plain.aio; echo "status $?"
"$AIO" --profile plain.aio 2> /dev/null; echo "status $?"
