const work = async i => { await null; return i % 10 }
const main = async () => {
  const all = await Promise.all(Array.from({length: 100000}, (_, i) => work(i)))
  console.log(all.reduce((a, b) => a + b))
}
main()
