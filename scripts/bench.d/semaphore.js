class Semaphore {
  waiting = []
  constructor(free) { this.free = free }
  async acquire() {
    if (this.free > 0) this.free--
    else await new Promise(next => this.waiting.push(next))
  }
  release() {
    const next = this.waiting.shift()
    if (next) next()
    else this.free++
  }
}
const worker = async (s, n) => {
  for (let i = 0; i < n; i++) {
    await s.acquire()
    await null
    s.release()
  }
}
const run = async n => {
  const s = new Semaphore(3)
  await Promise.all(Array.from({length: 10}, () => worker(s, n / 10)))
  console.log(s.free === 3 ? "False" : "True")
}
run(50000)
