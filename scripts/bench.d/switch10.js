const turn = async n => { for (let i = 0; i < n; i++) await null; return n }
const main = async () => {
  const all = await Promise.all(Array.from({length: 10}, () => turn(50000)))
  console.log(all.reduce((a, b) => a + b))
}
main()
