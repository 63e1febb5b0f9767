function run(n) {
  const counts = new Map(), numbers = new Map(), names = []
  for (let i = 0; i < 1000; i++) names.push("key" + i)
  let seed = 42
  for (let i = 0; i < n; i++) {
    seed = seed * 16807 % 2147483647
    const name = names[seed % 1000]
    counts.set(name, (counts.get(name) || 0) + 1)
  }
  for (let i = 0; i < n; i++) {
    const k = i * 7 % 5003
    if (numbers.has(k)) numbers.set(k, numbers.get(k) + 1)
    else numbers.set(k, 1)
  }
  return [counts.size, Math.max(...counts.values()), numbers.size, numbers.get(17)]
}
console.log(...run(1000000))
