const later = globalThis.setTimeout || os.setTimeout, never = globalThis.clearTimeout || os.clearTimeout
const quick = async i => {
  await null
  return i
}
const waitFor = async (promise, seconds) => {
  let timer
  const late = new Promise((_, fail) => { timer = later(() => fail(new Error("timeout")), seconds * 1000) })
  try { return await Promise.race([promise, late]) }
  finally { never(timer) }
}
const run = async n => {
  let s = 0
  for (let i = 0; i < n; i++) s += await waitFor(quick(i), 10)
  console.log(s)
}
run(50000)
