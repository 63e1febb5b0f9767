function matmul(a, b) {
  const bt = b[0].map((_, j) => b.map(row => row[j]))
  return a.map(row => bt.map(col => {
    let s = 0
    for (let k = 0; k < row.length; k++) s += row[k] * col[k]
    return s
  }))
}
function plain(a, b) {
  const n = a.length, m = b.length, p = b[0].length, out = []
  for (let i = 0; i < n; i++) {
    const ai = a[i], oi = []
    for (let j = 0; j < p; j++) {
      let s = 0
      for (let k = 0; k < m; k++) s += ai[k] * b[k][j]
      oi.push(s)
    }
    out.push(oi)
  }
  return out
}
function run(n) {
  const made = f => Array.from({length: n}, (_, i) => Array.from({length: n}, (_, j) => f(i, j)))
  const a = made((i, j) => (i * j % 7) / 3), b = made((i, j) => (i + j) % 5 / 2)
  const c = matmul(a, b), d = plain(a, b)
  let sum = 0, off = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      sum += c[i][j]
      off = Math.max(off, Math.abs(c[i][j] - d[i][j]))
    }
  return [sum.toFixed(1), off < 1e-9 ? "True" : "False"]
}
console.log(...run(110))
