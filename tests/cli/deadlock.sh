# Where nothing can wake the main task, a report goes to stderr and DeadlockError is raised in it.
run() {
    "$AIO" "$@" 2>&1 | sed 's|\([ "]\)/[^ "]*/\([a-z]*\.aio\)|\1\2|g; s/ at 0x[0-9a-f]*/ at 0x…/g; s/\(<stdlib>[^,]*", line \)[0-9]*/\1N/'
}
cat > lock.aio << 'END'
import asyncio
async def holder(lock, other, taken):
    async with lock:
        taken.set()
        async with other:
            pass
async def main():
    a, b, taken = asyncio.Lock(), asyncio.Lock(), asyncio.Event()
    t = asyncio.create_task(holder(a, b, taken), name="second")
    async with b:
        await taken.wait()
        try:
            async with a:
                pass
        except asyncio.DeadlockError as e:
            print("caught:", e, flush=True)
    await t
    print("the program goes on", flush=True)
    await asyncio.gather(asyncio.Queue().get(), asyncio.get_running_loop().create_future())
try:
    asyncio.run(main())
except RuntimeError as e:
    print(type(e).__mro__[:2], e)
END
run lock.aio
echo "--- waiting for each other"
run -c '
import asyncio, os
async def wait(others): await others[0]
async def main():
    one, two = [], []
    a = asyncio.create_task(wait(one), name="a")
    b = asyncio.create_task(wait(two), name="b")
    one.append(b); two.append(a)
    try: await a
    except RuntimeError as e: print(repr(e), flush=True)
    os._exit(7)         # cancel() would go round and round, as in CPython
asyncio.run(main())
'
echo "--- nothing to report: a timer, a thread, a handler of the script's own"
run -c '
import asyncio, _thread, signal, time, os
async def main():
    loop = asyncio.get_running_loop()
    f = loop.create_future()
    loop.call_later(0.01, f.set_result, "by timer")
    print(await f)
    f = loop.create_future()
    def work():
        time.sleep(0.02)
        loop.call_soon_threadsafe(f.set_result, "by thread")
    _thread.start_new_thread(work, ())
    print(await f)
    f = loop.create_future()
    loop.add_signal_handler(signal.SIGUSR1, f.set_result, "by signal")
    loop.call_later(0.01, os.kill, os.getpid(), signal.SIGUSR1)
    print(await f)
asyncio.run(main())
'
echo "--- a finalizer that wakes the main task is asked first"
run -c '
import asyncio
class Waker:
    def __init__(self, f): self.f = f
    def __del__(self): self.f.set_result("finalized")
async def main():
    f = asyncio.get_running_loop().create_future()
    Waker(f)
    print(await f)
asyncio.run(main())
'
echo "--- a plain future, by hand"
run -c '
import asyncio
loop = asyncio.new_event_loop()
try: loop.run_until_complete(loop.create_future())
except RuntimeError as e: print(type(e).__name__, e)
loop.close()
'
echo "--- the check can be switched off"
env --default-signal=INT "$AIO" --no-deadlock-check -c '
import asyncio
async def main():
    print("waits", flush=True)
    await asyncio.get_running_loop().create_future()
asyncio.run(main())
' > out 2> err &
pid=$!
until grep -q waits out 2> /dev/null; do sleep 0.05; done
sleep 0.1
kill -INT $pid
wait $pid
echo "status $?"
grep -c Deadlock err || true
