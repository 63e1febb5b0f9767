class Point {
  constructor(x, y) { this.x = x; this.y = y; this.moves = 0 }
  move(dx, dy) { this.x += dx; this.y += dy; this.moves += 1; return this }
}
const points = []
for (let i = 0; i < 10; i++) points.push(new Point(i, -i))
for (let i = 0; i < 1000000; i++) {
  const p = points[i % 10]
  p.move(1, 2)
  if (p.x > p.y) p.y = p.y + 1
}
const sum = f => points.reduce((s, p) => s + f(p), 0)
console.log(sum(p => p.x), sum(p => p.y), sum(p => p.moves))
