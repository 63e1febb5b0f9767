function run(n) {
  const perm1 = Array.from({length: n}, (_, i) => i), count = new Array(n).fill(0)
  let checksum = 0, most = 0, r = n
  for (let k = 0; ; k++) {
    for (; r > 1; r--) count[r - 1] = r
    const perm = perm1.slice()
    let flips = 0
    for (let first = perm[0]; first; first = perm[0]) {
      for (let i = 0, j = first; i < j; i++, j--) {
        const x = perm[i]
        perm[i] = perm[j]
        perm[j] = x
      }
      flips++
    }
    if (flips > most) most = flips
    checksum += k % 2 ? -flips : flips
    for (; ; r++) {
      if (r === n) return [checksum, most]
      perm1.splice(r, 0, perm1.shift())
      if (--count[r] > 0) break
    }
  }
}
console.log(...run(9))
