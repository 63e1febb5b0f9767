const child = async i => i
const run = async n => {
  let s = 0
  for (let k = 0; k < n / 100; k++)
    for (const i of await Promise.all(Array.from({length: 100}, (_, i) => child(i)))) s += i
  console.log(s)
}
run(50000)
