const a = (i, j) => 1 / ((i + j) * (i + j + 1) / 2 + i + 1)
function times(v, n) {
  const out = []
  for (let i = 0; i < n; i++) {
    let s = 0
    for (let j = 0; j < n; j++) s += a(i, j) * v[j]
    out.push(s)
  }
  return out
}
function timesT(v, n) {
  const out = []
  for (let i = 0; i < n; i++) {
    let s = 0
    for (let j = 0; j < n; j++) s += a(j, i) * v[j]
    out.push(s)
  }
  return out
}
function run(n) {
  let u = new Array(n).fill(1), v
  for (let k = 0; k < 4; k++) {
    v = timesT(times(u, n), n)
    u = timesT(times(v, n), n)
  }
  let vbv = 0, vv = 0
  for (let i = 0; i < n; i++) {
    vbv += u[i] * v[i]
    vv += v[i] * v[i]
  }
  return Math.sqrt(vbv / vv)
}
console.log(run(200).toFixed(9))
