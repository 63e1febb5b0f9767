const leaf = async x => x
const run = async n => {
  let s = 0
  for (let i = 0; i < n; i++) s += await leaf(i)
  console.log(s)
}
run(1000000)
