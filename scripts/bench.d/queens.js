function solve(n) {
  const cols = new Set(), d1 = new Set(), d2 = new Set()
  let count = 0
  const place = row => {
    if (row === n) {
      count++
      return
    }
    for (let c = 0; c < n; c++)
      if (!cols.has(c) && !d1.has(row + c) && !d2.has(row - c)) {
        cols.add(c)
        d1.add(row + c)
        d2.add(row - c)
        place(row + 1)
        cols.delete(c)
        d1.delete(row + c)
        d2.delete(row - c)
      }
  }
  place(0)
  return count
}
function permutations(n) {
  const p = Array.from({length: n}, (_, i) => i)
  let count = 0
  const rest = k => {
    if (k === n) {
      if (new Set(p.map((x, i) => x + i)).size === n && new Set(p.map((x, i) => x - i)).size === n) count++
      return
    }
    for (let i = k; i < n; i++) {
      [p[k], p[i]] = [p[i], p[k]]
      rest(k + 1);
      [p[k], p[i]] = [p[i], p[k]]
    }
  }
  rest(0)
  return count
}
console.log(solve(8), permutations(7))
