# SPDX-License-Identifier: MIT
# Areas on the event loop, in virtual time. CPython keeps tasks in sets whose order comes from addresses;
# programs are made so that this order does not show: every task is cancelled by name at the end, and
# where several are cancelled at once, each does nothing but sleep, and logs to a list of its own.
from gen import VALUES

DELAYS = ["0", "0", "0", "0.5", "1", "1.5", "2", "3", "-1"]
START = '''
log = []
tasks = []
def say(*what):
    p(round(asyncio.get_running_loop().time() - start, 3), *what)
def spawn(coro, name):
    task = asyncio.create_task(coro, name=name)
    tasks.append(task)
    return task
async def end():
    for _ in range(12):
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=3)
    for task in tasks:
        if not task.done():
            continue
        try:
            p(task.get_name(), await task)
        except BaseException as e:
            p(task.get_name(), type(e).__name__, str(e))
    p([(t.get_name(), t.done(), t.cancelled(), t.cancelling()) for t in tasks])
'''


def primitives(g):
    return {"lock": "asyncio.Lock()", "event": "asyncio.Event()", "sem": g.pick("asyncio.Semaphore(%s)",
            "asyncio.BoundedSemaphore(%s)") % g.pick("1", "2", "0", "1", "-1" if g.chance(0.1) else "2"),
            "queue": g.pick("asyncio.Queue(%s)", "asyncio.LifoQueue(%s)", "asyncio.PriorityQueue(%s)",
            "asyncio.Queue(%s)") % g.pick("", "1", "2"), "cond": "asyncio.Condition()",
            "fut": "asyncio.get_running_loop().create_future()",
            "barrier": "asyncio.Barrier(%s)" % g.pick("1", "2", "3")}


def op(g, depth, others, names):
    """One statement of a worker."""
    k = g.r.randrange(30)
    d = g.r.choice(DELAYS)
    w = g.w

    def count(name):
        g.counts["asyncio." + name] += 1
    if k < 4:
        count("sleep")
        w(g.pick("await asyncio.sleep(" + d + ")", "x = await asyncio.sleep(" + d + ", " + g.leaf("int") + ")"))
        w("say(name, 'slept')")
    elif k == 4:
        w("say(name, " + g.expr(g.pick(*VALUES), 1) + ")" if g.chance(0.3) else "say(name, 'x')")
    elif k == 5:
        count("Lock")
        with g.block("async with lock:"):
            w("say(name, 'locked', lock.locked())")
            op(g, depth - 1, others, names)
    elif k == 6:
        count("Event")
        w(g.pick("await event.wait()", "event.set()", "event.clear()", "say(name, event.is_set())",
                "say(await event.wait())"))
    elif k == 7:
        count("Semaphore")
        with g.block("async with sem:"):
            w("say(name, 'sem', sem.locked())")
            op(g, depth - 1, others, names)
    elif k in (8, 9):
        item = g.pick("1", "2", "3", "(0, name)" if g.chance(0.1) else "5")
        method = g.pick("put", "get", "put_nowait", "get_nowait", "task_done", "join", "qsize", "empty", "full",
                "shutdown" if g.chance(0.2) else "get")
        count("Queue." + method)
        w({"put": "await queue.put(" + item + ")", "get": "say(name, 'got', await queue.get())",
                "put_nowait": "queue.put_nowait(" + item + ")", "get_nowait": "say(name, queue.get_nowait())",
                "task_done": "queue.task_done()",
           "join": "await queue.join()", "qsize": "say(name, queue.qsize(), queue.maxsize)",
           "empty": "say(name, queue.empty())", "full": "say(name, queue.full())",
           "shutdown": "queue.shutdown(" + g.pick("", "immediate=True") + ")"}[method])
    elif k in (10, 11):
        count("Condition")
        with g.block("async with cond:"):
            w(g.pick("await cond.wait()", "cond.notify()", "cond.notify_all()", "cond.notify(2)",
                    "await cond.wait_for(lambda: event.is_set())", "say(name, cond.locked())"))
            w("say(name, 'cond')")
    elif k == 12:
        w(g.pick("say(name, await fut)", "fut.set_result(name) if not fut.done() else None", "fut.set_result(1)",
                "fut.set_exception(KeyError(name))", "fut.cancel('msg')", "say(fut.done(), fut.cancelled())",
                "say(fut.result())", "say(fut.exception())",
                 "fut.add_done_callback(lambda f: say('done', f is fut))", "say(fut.remove_done_callback(print))",
                 "fut.set_exception(StopIteration(1))" if g.chance(0.3) else "say(await asyncio.shield(fut))",
                 "fut.set_exception(5)" if g.chance(0.2) else "say(fut.get_loop() is asyncio.get_running_loop())"))
        count("Future")
    elif k == 13:
        count("timeout")
        with g.block("async with asyncio." + g.pick("timeout(" + g.r.choice(DELAYS) + ")", "timeout(None)",
                "timeout_at(asyncio.get_running_loop().time() + " + d + ")") + " as scope:"):
            op(g, depth - 1, others, names)
            w(g.pick("pass", "say(scope.expired())", "scope.reschedule(asyncio.get_running_loop().time() + 1)",
                    "scope.reschedule(None)", "await asyncio.sleep(1)", "say(scope.when() is None)"))
        w("say(name, 'after scope', scope.expired())")
    elif k == 14 and others:
        count("wait_for")
        w("say(name, await asyncio.wait_for(" + g.r.choice(others) + "(name + '.w'), " + g.pick(d, "None", "1") + "))")
    elif k == 15 and others:
        count("gather")
        calls = ", ".join(g.r.choice(others) + "(name + '." + str(i) + "')" for i in range(g.r.randrange(4)))
        w("say(name, await asyncio.gather(" + calls + g.pick("", ", return_exceptions=True" if calls else "") + "))")
    elif k == 16 and others:
        count("shield")
        w("say(name, await asyncio.shield(spawn(" + g.r.choice(others) + "(name + '.s'), name + '.s')))")
    elif k == 17 and others:
        count("create_task")
        v = g.fresh("t")
        w(v + " = spawn(" + g.r.choice(others) + "(name + '." + v + "'), name + '." + v + "')")
        for _ in range(g.r.randrange(1, 3)):
            w(g.pick("await asyncio.sleep(" + d + ")", v + ".cancel()", v + ".cancel('why')",
                    "say(name, await " + v + ")", "say(" + v + ".done(), " + v + ".cancelled(), " + v + ".cancelling())", v + ".uncancel()", "say(" + v + ".result())", "say(" + v + ".exception())",
                     v + ".set_name('n' + name)", "say(" + v + ".get_name())",
                             v + ".add_done_callback(lambda t: say('callback', t.get_name()))",
                                     v + ".set_result(1)" if g.chance(0.2) else "pass",
                                             "say(" + v + ".get_coro().__name__)"))
    elif k == 18:
        count("Task.cancel")
        w(g.pick("asyncio.current_task().cancel()", "asyncio.current_task().cancel('self')",
                "say(asyncio.current_task().uncancel())", "say(asyncio.current_task().cancelling())",
                "tasks[0].cancel()", "tasks[-1].cancel('last')", "tasks[len(tasks) // 2].cancel()"))
    elif k == 19:
        count("call_soon")
        w(g.pick("asyncio.get_running_loop().call_soon(say, name, 'soon')",
                "asyncio.get_running_loop().call_later(" + d + ", say, name, 'later')",
                "asyncio.get_running_loop().call_at(asyncio.get_running_loop().time() + 1, say, name, 'at')",
                 "handle = asyncio.get_running_loop().call_later(1, say, 'never'); handle.cancel(); say(handle.cancelled())", "asyncio.get_running_loop().call_soon(1 .__add__)" if g.chance(0.2) else "say(asyncio.get_running_loop().is_running())"))
    elif k == 20 and others:
        count("wait")
        calls = ", ".join("spawn(" + g.r.choice(others) + "(name + '." + str(i) + "'), name + '." + str(i) + "')" for i in range(g.r.randrange(1, 3)))
        w("done, pending = await asyncio.wait([" + calls + "]" + g.pick("", ", timeout=" + d,
                ", return_when=asyncio.FIRST_COMPLETED", ", return_when=asyncio.FIRST_EXCEPTION") + ")")
        w("say(name, sorted(t.get_name() for t in done), sorted(t.get_name() for t in pending))")
    elif k == 21 and others:
        count("as_completed")
        calls = ", ".join("spawn(" + g.r.choice(others) + "(name + '." + str(i) + "'), name + '." + str(i) + "')" for i in range(g.r.randrange(1, 3)))
        if g.chance(0.5):
            with g.block("for c in asyncio.as_completed([" + calls + "]" + g.pick("", ", timeout=" + d) + "):"):
                w("say(name, await c)")
        else:
            with g.block("async for c in asyncio.as_completed([" + calls + "]):"):
                w("say(name, c.get_name(), await c)")
    elif k == 22:
        count("Barrier")
        w("say(name, 'barrier', await barrier.wait() >= 0)" if g.chance(0.7) else g.pick("await barrier.reset()",
                "await barrier.abort()", "say(barrier.parties, barrier.n_waiting, barrier.broken)"))
    elif k == 23:
        w(g.raising())
    elif k == 24:
        with g.block("for i in range(2):"):
            op(g, depth - 1, others, names)
    elif k == 25:
        count("comprehension")
        w(g.pick("say([x async for x in numbers(2)])", "say({x: await later(x) async for x in numbers(3) if x})",
                "say([await later(x) for x in range(2)])", "say(sum([x async for x in numbers(2)]))",
                "say({x async for x in numbers(2)})",
                 "agen = keep(numbers(3)); say(await anext(agen)); await agen.aclose()",
                 "agen = keep(numbers(1)); say(await anext(agen, None), await anext(agen, 'default'))"))
    elif k == 26:
        with g.block("async for x in keep(numbers(3)):"):
            w("say(name, 'number', x)")
            w(g.pick("pass", "if x == 1: break", "await asyncio.sleep(0.5)"))
    else:
        trying(g, depth, others, names)


def trying(g, depth, others, names):
    with g.block("try:"):
        for _ in range(g.r.randrange(1, 3)):
            op(g, depth - 1, others, names) if depth > 0 else g.w("await asyncio.sleep(1)")
    with g.block("except " + g.pick("Exception", "BaseException", "asyncio.CancelledError", "TimeoutError",
            "(asyncio.CancelledError, KeyError)", "asyncio.QueueEmpty") + " as e:"):
        g.w("say(name, type(e).__name__, e.args)")
        g.w(g.pick("pass", "raise", "await asyncio.sleep(0)", "return 'caught'", "raise",
                "asyncio.current_task().uncancel()"))
    if g.chance(0.4):
        with g.block("finally:"):
            g.w(g.pick("say(name, 'finally')", "await asyncio.sleep(0)",
                    "await asyncio.sleep(0.5); say(name, 'cleaned')"))


def workers(g, names):
    others = []
    for _ in range(g.r.randrange(1, 4)):
        name = g.fresh("work")
        with g.block("async def " + name + "(name):"), g.function_scope("async"):
            g.w("tick()")
            for _ in range(g.r.randrange(1, 5)):
                op(g, 2, others, names)
            g.w("return name" + g.pick("", " + '!'"))
        others.append(name)
    return others


def begin(g):
    for line in START.strip("\n").split("\n"):
        g.w(line)
    with g.block("async def numbers(n):"):
        with g.block("try:"):
            with g.block("for i in range(n):"):
                g.w("await asyncio.sleep(" + g.pick("0", "0.5") + ")")
                g.w("yield i")
        with g.block("finally:"):
            g.w(g.pick("p('numbers end')", "await asyncio.sleep(0)", "pass"))


def main(g, body, names):
    with g.block("async def main():"):
        g.w("global start" + "".join(", " + n for n in names))
        g.w("start = asyncio.get_running_loop().time()")
        for n, value in names.items():
            g.w(n + " = " + value)
        with g.block("try:"):
            with g.block("async with asyncio.timeout(20):"):
                body()
        with g.block("except BaseException as e:"):
            g.w("say('main', type(e).__name__, str(e))")
        with g.block("finally:"):
            g.w("await end()")
    with g.guarded("BaseException"):
        g.w("p(asyncio.run(main()))")


def tasks(g):
    """Workers that meet at locks, queues, events, and cancel each other."""
    begin(g)
    names = primitives(g)
    others = workers(g, names)

    def body():
        for i in range(g.r.randrange(2, 5)):
            g.w("spawn(" + g.r.choice(others) + "('" + "ABCDE"[i] + "'), '" + "ABCDE"[i] + "')")
        for _ in range(g.r.randrange(1, 4)):
            g.w(g.pick("await asyncio.sleep(" + g.r.choice(DELAYS) + ")", "tasks[0].cancel()", "event.set()",
                    "say('main', await tasks[0])", "queue.put_nowait(9)",
                    "await asyncio.gather(*tasks, return_exceptions=True)",
                       "done, pending = await asyncio.wait(tasks, timeout=2); say(len(done), len(pending))",
                       "fut.set_result(0) if not fut.done() else None"))
        if g.chance(0.7):
            g.w("await asyncio.sleep(5)")
    main(g, body, names)


def taskgroups(g):
    """TaskGroup: children sleep, fail, spawn; each has a log of its own, since they are cancelled in any order."""
    begin(g)
    g.w("logs = {}")
    with g.block("def note(name, *what):"):
        g.w("logs.setdefault(name, []).append((round(asyncio.get_running_loop().time() - start, 3), *what))")
    for i in range(3):
        with g.block("async def child" + str(i) + "(name, tg):"):
            with g.block("try:"):
                for _ in range(g.r.randrange(1, 4)):
                    g.w(g.pick("await asyncio.sleep(" + g.r.choice(DELAYS) + ")", "note(name, 'x')",
                            g.pick("raise KeyError(name)", "raise ValueError", "1 // 0"), "await asyncio.sleep(1)",
                               "tg.create_task(child" + str(max(0,
                               i - 1)) + "(name + '+', tg), name=name + '+')" if i else "note(name, 'y')"))
                g.w("return name")
            with g.block("except " + g.pick("asyncio.CancelledError", "BaseException", "KeyError") + " as e:"):
                g.w("note(name, type(e).__name__, e.args)")
                g.w(g.pick("raise", "raise", "raise", "return 1", "raise RuntimeError(name)",
                        "await asyncio.sleep(0.5); raise", "pass"))
            with g.block("finally:"):
                g.w("note(name, 'end')")

    def body():
        with g.block("try:"):
            with g.block("async with asyncio.TaskGroup() as tg:"):
                for i in range(g.r.randrange(1, 4)):
                    g.w("made = tg.create_task(child" + str(g.r.randrange(3)) + "('" + "abc"[i] + "', tg), name='" + "abc"[i] + "')")
                g.w(g.pick("pass", "await asyncio.sleep(" + g.r.choice(DELAYS) + ")", "raise KeyError('body')",
                        "await asyncio.sleep(1); 1 // 0", "made.cancel()", "asyncio.current_task().cancel()",
                        "say(await made)", "made.add_done_callback(lambda t: note('cb', t.cancelled()))"))
            g.w("say('group done', made.done(), made.cancelled())")
        with g.block(g.pick("except* KeyError as e:", "except* Exception as e:",
                "except* (ValueError, ZeroDivisionError) as e:")):
            g.w("say(sorted(repr(x) for x in e.exceptions), e.message)")
    g.counts["asyncio.TaskGroup"] += 1
    with g.block("async def outer():"):
        body()
    main(g, lambda: g.w(g.pick("await outer()", "await asyncio.wait_for(outer(), " + g.pick("1", "2", "0.5") + ")",
            "spawn(outer(), 'outer'); await asyncio.sleep(1); tasks[0].cancel(); await asyncio.sleep(3)")), {})
    g.w("p(sorted(logs.items()))")


def futures(g):
    """Futures, handles, Runner and the functions of the module, with wrong arguments, too."""
    begin(g)
    others = ["later"]

    def body():
        g.w("loop = asyncio.get_running_loop()")
        g.w("fut = loop.create_future()")
        for _ in range(g.r.randrange(6, 12)):
            with g.guarded("Exception"):
                g.w(g.pick("fut.set_result(" + g.leaf("int") + ")", "fut.set_exception(" + g.pick("ValueError('f')",
                        "KeyError", "5", "StopIteration()") + ")", "p(fut.cancel(" + g.pick("", "'m'",
                        "msg='k'") + "))", "p(fut.result())", "p(fut.exception())", "p(fut.done(), fut.cancelled())",
                           "fut.add_done_callback(lambda f: p('cb', f.done()))", "fut.add_done_callback(5)",
                           "p(fut.remove_done_callback(5))", "await asyncio.sleep(0)", "fut = loop.create_future()",
                           "p(await asyncio.wait_for(fut, 1))", "p(await fut)", "await asyncio.wait_for(5, 1)",
                           "await asyncio.gather(5)", "await asyncio.gather()", "asyncio.create_task(5)",
                           "asyncio.run(later(1))", "asyncio.run(5)",
                           "p(asyncio.iscoroutine(5), asyncio.isfuture(fut))", "p(asyncio.ensure_future(fut) is fut)",
                           "asyncio.ensure_future(5)",
                           "p(asyncio.iscoroutinefunction(later))", "p(asyncio.current_task().get_name())",
                           "p(len(asyncio.all_tasks()))", "asyncio.timeout('x')", "p(await asyncio.sleep(0, 'r'))",
                           "await asyncio.sleep('x')", "await asyncio.wait([])",
                           "await asyncio.wait([later(1)])" if g.chance(0.2) else "await asyncio.wait(5)",
                           "await asyncio.wait([fut], return_when='x')",
                           "p(type(fut).__name__, fut.__class__.__module__)", "p(str(fut)[:16])",
                           "loop.run_until_complete(fut)", "loop.close()",
                           "p(loop.is_closed(), loop.is_running(), loop.get_debug())",
                           "h = loop.call_later(1, p, 'timer'); p(h.when() > 0, h.cancelled())",
                           "h = loop.call_soon(p, 'h'); h.cancel()", "loop.call_soon(5)", "loop.call_later('x', p)",
                           "sem = asyncio.BoundedSemaphore(1); sem.release()", "asyncio.Lock().release()",
                           "asyncio.Semaphore(-1)", "q = asyncio.Queue(1); q.put_nowait(1); q.put_nowait(2)",
                           "asyncio.Queue().get_nowait()", "asyncio.Queue().task_done()",
                           "c = asyncio.Condition(); c.notify()", "await asyncio.Condition().wait()",
                           "asyncio.Event().foo", "p(repr(asyncio.Lock())[-10:])",
                           "p(repr(asyncio.Event())[-9:], repr(asyncio.Semaphore(2))[-19:])",
                           "async with asyncio.timeout(0): await asyncio.sleep(1)", "asyncio.Barrier(0)", 
                           "fut.get_loop().call_soon_threadsafe(p, 'ts')",
                           "asyncio.TaskGroup().create_task(later(1))" if g.chance(0.2) else "p(asyncio.TaskGroup.__name__)", "p(asyncio.wait_for.__name__, asyncio.FIRST_COMPLETED)",
                           "p(asyncio.Future().done())", "asyncio.create_task(later(1), nam='x')" if g.chance(0.2) else "p(await asyncio.create_task(later(3), name=5))", "p(asyncio.Task.__name__)", "raise asyncio.CancelledError('c')",
                           "p(await asyncio.shield(later(2)))",
                           "p(await asyncio.gather(later(1), later(2), return_exceptions=True))",
                           "await asyncio.wait_for(asyncio.sleep(2), timeout=1)", "p(fut._state)",
                           "p(asyncio.Task(later(1), loop=loop, eager_start=True).done())", "fut.__iter__()",
                           "[*fut]", "yield_ = fut.__await__(); next(yield_)"))
    main(g, body, {})
    g.show(g.pick("asyncio.get_running_loop()", "asyncio.run(later(5))", "asyncio.current_task()",
            "asyncio.run(asyncio.sleep(1, 'x'))", "asyncio.run(5)", "asyncio.Runner().run(later(1))",
            "asyncio.new_event_loop().close()", "asyncio.Queue(3)._maxsize", "asyncio.create_task(None)"))


AREAS = {f.__name__: f for f in (tasks, taskgroups, futures)}
