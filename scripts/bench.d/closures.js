const compose = (...fs) => x => {
  for (const f of fs) x = f(x)
  return x
}
const adder = n => x => x + n
const counter = () => {
  let n = 0
  return (by = 1) => n += by
}
function run(n) {
  const f = compose(adder(1), adder(-3), x => x * 2, adder(5)), c = counter()
  let total = 0, sum = 0
  for (let i = 0; i < n; i++) total += f(i) + c() + c(2)
  for (let i = 0; i < n; i++) sum += f(i)
  return [total, sum, Array.from({length: n}, (_, i) => i).filter(x => x % 2).length]
}
console.log(...run(150000))
