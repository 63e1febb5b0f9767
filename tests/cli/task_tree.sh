# SIGQUIT (Ctrl+\) prints all tasks as a tree, and the program goes on.
cat > tree.aio << 'END'
import asyncio
async def leaf(n):
    await asyncio.sleep(n)
async def branch():
    async with asyncio.TaskGroup() as g:
        g.create_task(leaf(60), name="leaf 1")
        g.create_task(leaf(61), name="leaf 2")
async def consume(q):
    await q.get()
async def main():
    q = asyncio.Queue()
    c = asyncio.create_task(consume(q), name="consumer")
    b = asyncio.create_task(branch(), name="branch")
    await asyncio.sleep(0.05)
    print("ready", flush=True)
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(b, c)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise
asyncio.run(main())
END
env --default-signal=INT,QUIT "$AIO" tree.aio > out 2> err &
pid=$!
until grep -q ready out 2> /dev/null; do sleep 0.05; done
sleep 0.1
kill -QUIT $pid
until grep -q "consumer.*made" err 2> /dev/null; do sleep 0.05; done
sleep 0.1
kill -INT $pid
wait $pid
echo "status $?"
cat out
sed '/^Traceback/,$d; s|\([ "]\)/[^ "]*/\([a-z]*\.aio\)|\1\2|g; s/ at 0x[0-9a-f]*/ at 0x…/g; s/\(<stdlib>[^,]*", line \)[0-9]*/\1N/' err
echo "--- no tasks"
"$AIO" -c '
import os, signal
os.kill(os.getpid(), signal.SIGQUIT)
print("goes on", signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL)
' 2>&1
