class Node {
  constructor(left, right) {
    this.left = left
    this.right = right
  }
}
const make = depth => depth === 0 ? new Node(null, null) : new Node(make(depth - 1), make(depth - 1))
const check = node => node.left === null ? 1 : 1 + check(node.left) + check(node.right)
const n = 14
console.log("long", check(make(n + 1)))
const kept = make(n)
for (let depth = 4; depth <= n; depth += 4) {
  const times = 1 << (n - depth + 4)
  let total = 0
  for (let i = 0; i < times; i++) total += check(make(depth))
  console.log(depth, times, total)
}
console.log("kept", check(kept))
