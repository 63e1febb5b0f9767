class Body {
  constructor(x, y, z, vx, vy, vz, mass) {
    this.x = x; this.y = y; this.z = z
    this.vx = vx; this.vy = vy; this.vz = vz
    this.mass = mass
  }
}
function bodies() {
  const out = []
  let seed = 42
  for (let i = 0; i < 5; i++) {
    const v = []
    for (let k = 0; k < 6; k++) {
      seed = seed * 16807 % 2147483647
      v.push(seed / 2147483647 - 0.5)
    }
    out.push(new Body(v[0] * 20, v[1] * 20, v[2] * 20, v[3], v[4], v[5], i === 0 ? 40 : 0.04 * (i + 1)))
  }
  return out
}
function advance(bodies, pairs, dt) {
  for (const [a, b] of pairs) {
    const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z
    const d2 = dx * dx + dy * dy + dz * dz + 0.01
    const mag = dt / (d2 * Math.sqrt(d2))
    const am = a.mass * mag, bm = b.mass * mag
    a.vx -= dx * bm
    a.vy -= dy * bm
    a.vz -= dz * bm
    b.vx += dx * am
    b.vy += dy * am
    b.vz += dz * am
  }
  for (const b of bodies) {
    b.x += dt * b.vx
    b.y += dt * b.vy
    b.z += dt * b.vz
  }
}
function energy(bodies, pairs) {
  let e = 0
  for (const b of bodies) e += 0.5 * b.mass * (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz)
  for (const [a, b] of pairs)
    e -= a.mass * b.mass / Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2 + 0.01)
  return e
}
function run(n) {
  const bs = bodies(), pairs = []
  for (let i = 0; i < 5; i++) for (let j = i + 1; j < 5; j++) pairs.push([bs[i], bs[j]])
  for (let k = 0; k < n; k++) advance(bs, pairs, 0.001)
  return energy(bs, pairs)
}
console.log(run(60000).toFixed(6))
