async function* numbers(n) { for (let i = 0; i < n; i++) yield i }
const run = async n => {
  let s = 0
  for await (const x of numbers(n)) s += x
  console.log(s)
}
run(1000000)
