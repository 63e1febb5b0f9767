function run(n) {
  const parts = []
  for (let i = 0; i < n; i++) parts.push("item " + String(i) + ";")
  const text = parts.join("")
  let short = ""
  for (let i = 0; i < n / 10; i++) {
    short = short + "x"
    if (short.length > 100) short = short.slice(50)
  }
  const words = text.split(";")
  return [text.length, words.length, short.length, text.split("99").length - 1, words.join("-").toUpperCase().length]
}
console.log(...run(500000))
