# A shutdown that waits for longer than a second says for which tasks, and where they were cancelled. A third Ctrl+C ends
# the process.
cat > stuck.aio << 'END'
import asyncio
async def stubborn():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
        await asyncio.sleep(1.5)
        return
async def child(): raise ValueError("nobody asks")
async def main():
    asyncio.create_task(stubborn(), name="stubborn")
    global kept
    kept = asyncio.create_task(child(), name="child")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(main())
print("over")
END
AIO_CLOCK=virtual "$AIO" stuck.aio 2>&1 | sed 's|\([ "]\)/[^ "]*/\([a-z]*\.aio\)|\1\2|g; s/ at 0x[0-9a-f]*/ at 0x…/g; s/\(<stdlib>[^,]*", line \)[0-9]*/\1N/'
env --default-signal=INT "$AIO" -c '
import asyncio, time
async def main():
    while True:
        try:
            print("round", flush=True)
            time.sleep(60)
        except BaseException as e:
            print(type(e).__name__, flush=True)
        try: await asyncio.sleep(60)
        except asyncio.CancelledError: print("swallowed", flush=True)
asyncio.run(main())
' > out 2> err &
pid=$!
until grep -q round out 2> /dev/null; do sleep 0.05; done
for i in 1 2 3; do
    kill -INT $pid
    sleep 0.3
done
wait $pid
echo "status $?"
cat out
