local function run(n)
  local total = 0
  for py = 0, n - 1 do
    local ci = 2.0 * py / n - 1.0
    for px = 0, n - 1 do
      local cr = 2.0 * px / n - 1.5
      local zr, zi, i = 0.0, 0.0, 0
      while i < 50 do
        local a, b = zr * zr, zi * zi
        if a + b > 4.0 then break end
        zi = 2.0 * zr * zi + ci
        zr = a - b + cr
        i = i + 1
      end
      total = total + i
    end
  end
  return total
end
print(string.format("%d", run(300)))
