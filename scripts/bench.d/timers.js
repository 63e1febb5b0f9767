const later = globalThis.setTimeout || os.setTimeout
const run = async n => {
  let left = n
  await new Promise(done => {
    const fire = () => { if (!--left) done() }
    for (let i = 0; i < n; i++) later(fire, i % 7)
  })
  for (let i = 0; i < n / 10; i++) await new Promise(done => later(done, 0))
  console.log(left)
}
run(100000)
