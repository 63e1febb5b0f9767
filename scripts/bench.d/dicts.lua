local function run(n)
  local counts, seed, names = {}, 42, {}
  for i = 0, 999 do names[i] = "key" .. i end
  for _ = 1, n do
    seed = seed * 16807 % 2147483647
    local name = names[seed % 1000]
    counts[name] = (counts[name] or 0) + 1
  end
  local numbers = {}
  for i = 0, n - 1 do
    local k = i * 7 % 5003
    if numbers[k] then numbers[k] = numbers[k] + 1 else numbers[k] = 1 end
  end
  local size, most, size2 = 0, 0, 0
  for _, v in pairs(counts) do size = size + 1; if v > most then most = v end end
  for _ in pairs(numbers) do size2 = size2 + 1 end
  return size, most, size2, numbers[17]
end
print(string.format("%d %d %d %d", run(1000000)))
