local function run(n)
  local flags = {}
  for i = 0, n do flags[i] = true end
  flags[0], flags[1] = false, false
  local i = 2
  while i * i <= n do
    if flags[i] then
      for j = i * i, n, i do flags[j] = false end
    end
    i = i + 1
  end
  local total, last = 0, {}
  for i = 0, n do if flags[i] then total = total + 1 end end
  for i = n - 200, n - 1 do if flags[i] then last[#last + 1] = string.format("%d", i) end end
  return total, "[" .. table.concat(last, ", ") .. "]"
end
print(string.format("%d %s", run(2000000)))
