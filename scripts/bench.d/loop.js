function run(n) {
  let total = 0, x = 1.5
  for (let i = 0; i < n; i++) {
    total = total + i * 3 % 7
    if (i & 1) x = x * 0.5 + i
    else total -= 1
  }
  return [total, Math.floor(x)]
}
const [total, x] = run(5000000)
console.log(total, x)
