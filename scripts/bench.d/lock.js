class Lock {
  held = false
  waiting = []
  async acquire() {
    if (this.held) await new Promise(next => this.waiting.push(next))
    this.held = true
  }
  release() {
    const next = this.waiting.shift()
    if (next) next()
    else this.held = false
  }
}
const worker = async (lock, n) => {
  for (let i = 0; i < n; i++) {
    await lock.acquire()
    await null
    lock.release()
  }
}
const run = async n => {
  const lock = new Lock()
  await Promise.all(Array.from({length: 10}, () => worker(lock, n / 10)))
  console.log("False")
}
run(50000)
