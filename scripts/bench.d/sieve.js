function run(n) {
  const flags = new Array(n + 1).fill(true)
  flags[0] = flags[1] = false
  for (let i = 2; i * i <= n; i++)
    if (flags[i]) for (let j = i * i; j <= n; j += i) flags[j] = false
  let total = 0
  const last = []
  for (const f of flags) if (f) total++
  for (let i = n - 200; i < n; i++) if (flags[i]) last.push(i)
  return [total, "[" + last.join(", ") + "]"]
}
console.log(run(2000000).join(" "))
