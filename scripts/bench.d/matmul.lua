local function matmul(a, b, n)
  local bt, out = {}, {}
  for j = 1, n do
    bt[j] = {}
    for i = 1, n do bt[j][i] = b[i][j] end
  end
  for i = 1, n do
    local row, oi = a[i], {}
    for j = 1, n do
      local col, s = bt[j], 0
      for k = 1, n do s = s + row[k] * col[k] end
      oi[j] = s
    end
    out[i] = oi
  end
  return out
end
local function plain(a, b, n)
  local out = {}
  for i = 1, n do
    local ai, oi = a[i], {}
    for j = 1, n do
      local s = 0.0
      for k = 1, n do s = s + ai[k] * b[k][j] end
      oi[j] = s
    end
    out[i] = oi
  end
  return out
end
local function run(n)
  local a, b = {}, {}
  for i = 0, n - 1 do
    a[i + 1], b[i + 1] = {}, {}
    for j = 0, n - 1 do
      a[i + 1][j + 1] = (i * j % 7) / 3
      b[i + 1][j + 1] = (i + j) % 5 / 2
    end
  end
  local c, d, sum, off = matmul(a, b, n), plain(a, b, n), 0, 0
  for i = 1, n do
    for j = 1, n do
      sum = sum + c[i][j]
      off = math.max(off, math.abs(c[i][j] - d[i][j]))
    end
  end
  return sum, off < 1e-9 and "True" or "False"
end
print(string.format("%.1f %s", run(110)))
