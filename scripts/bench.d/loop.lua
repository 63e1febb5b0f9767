local function run(n)
  local total, x = 0, 1.5
  for i = 0, n - 1 do
    total = total + i * 3 % 7
    if i % 2 == 1 then x = x * 0.5 + i else total = total - 1 end
  end
  return total, x
end
local total, x = run(5000000)
print(string.format("%d %d", total, math.floor(x)))
