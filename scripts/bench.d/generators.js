function* count(n) { for (let i = 0; i < n; i++) yield i }
function* evens(it) { for (const x of it) if (x % 2 === 0) yield x }
function* tree(depth) {
  if (!depth) return
  yield* tree(depth - 1)
  yield depth
  yield* tree(depth - 1)
}
function* pairs(it) {
  for (;;) {
    const x = it.next(), y = it.next()
    if (y.done) return
    yield [x.value, y.value]
  }
}
function* averager() {
  let total = 0, avg
  for (let n = 1; ; n++) {
    total += yield avg
    avg = total / n
  }
}
function run(n) {
  let a = 0, b = 0, c = 0, d, e = 0, i = 0
  for (const x of evens(count(n))) a += x
  for (const x of tree(13)) b += x
  for (const [x, y] of pairs(count(n))) c += x * y
  const av = averager()
  av.next()
  for (let k = 0; k < n / 2; k++) d = av.next(k).value
  for (const x of evens(Array(n).keys())) e += i++ * x
  const right = evens(Array(n).keys()), all = []
  for (const x of count(n)) {
    if (right.next().done) break
    all.push(x)
  }
  return [a, b, c, d.toFixed(1), e, all.at(-1)]
}
console.log(run(200000).join(" "))
