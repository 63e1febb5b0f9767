class Queue {
  items = []
  getters = []
  putters = []
  constructor(size) { this.size = size }
  async put(item) {
    while (this.items.length >= this.size) await new Promise(next => this.putters.push(next))
    this.items.push(item)
    const next = this.getters.shift()
    if (next) next()
  }
  async get() {
    while (!this.items.length) await new Promise(next => this.getters.push(next))
    const item = this.items.shift()
    const next = this.putters.shift()
    if (next) next()
    return item
  }
}
const produce = async (q, n) => {
  for (let i = 0; i < n; i++) await q.put(i)
  await q.put(null)
}
const consume = async q => {
  let s = 0
  for (let x; (x = await q.get()) !== null;) s += x
  return s
}
const run = async n => {
  const q = new Queue(10)
  const sum = consume(q)
  await produce(q, n)
  console.log(await sum)
}
run(200000)
