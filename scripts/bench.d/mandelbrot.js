function run(n) {
  let total = 0
  for (let py = 0; py < n; py++) {
    const ci = 2 * py / n - 1
    for (let px = 0; px < n; px++) {
      const cr = 2 * px / n - 1.5
      let zr = 0, zi = 0, i = 0
      while (i < 50) {
        const a = zr * zr, b = zi * zi
        if (a + b > 4) break
        zi = 2 * zr * zi + ci
        zr = a - b + cr
        i++
      }
      total += i
    }
  }
  return total
}
console.log(run(300))
