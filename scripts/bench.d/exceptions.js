class Bad extends Error {
  constructor(n) {
    super(n)
    this.n = n
  }
}
class KeyError extends Error {}
const check = n => {
  if (n % 3 === 0) throw new Bad(n)
  if (n % 7 === 0) throw new RangeError("seven")
  return n
}
const deeper = (n, depth) => depth ? deeper(n, depth - 1) : check(n)
function run(n) {
  let good = 0, bad = 0, seven = 0, ends = 0
  for (let i = 0; i < n; i++) {
    try {
      try { good += deeper(i, 3) }
      finally { ends++ }
      good++
    } catch (e) {
      if (e instanceof Bad) bad += e.n
      else if (e instanceof RangeError) seven++
      else throw e
    }
    try { throw new KeyError(i) }
    catch (e) { ends++ }
    for (const x of [i, 1, 2]) if (x === 2) break
  }
  return [good, bad, seven, ends]
}
console.log(...run(150000))
