const setter = async (box, n) => {
  for (let i = 0; i < n; i++) {
    while (box[0] === null) await null
    const set = box[0]
    box[0] = null
    set(i)
  }
}
const run = async n => {
  const box = [null]
  const task = setter(box, n)
  let s = 0
  for (let i = 0; i < n; i++) s += await new Promise(set => { box[0] = set })
  await task
  console.log(s)
}
run(100000)
