const later = globalThis.setTimeout || os.setTimeout, never = globalThis.clearTimeout || os.clearTimeout
class Cancelled extends Error {}
const start = () => {    // a sleep that can be ended with an error: promises know no cancellation
  const task = {}
  const sleep = new Promise((done, fail) => {
    const timer = later(done, 3600000)
    task.cancel = () => {
      never(timer)
      fail(new Cancelled())
    }
  })
  const sleeper = async () => {
    try { await sleep }
    catch (e) { throw e }
  }
  task.done = sleeper()
  return task
}
const run = async n => {
  let c = 0
  for (let k = 0; k < n / 100; k++) {
    const tasks = Array.from({length: 100}, start)
    await null
    for (const t of tasks) t.cancel()
    for (const r of await Promise.allSettled(tasks.map(t => t.done))) c += r.reason instanceof Cancelled
  }
  console.log(c)
}
run(50000)
