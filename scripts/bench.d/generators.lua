local wrap, yield = coroutine.wrap, coroutine.yield
local function count(n)
  return wrap(function() for i = 0, n - 1 do yield(i) end end)
end
local function range(n)
  local i = -1
  return function()
    i = i + 1
    if i < n then return i end
  end
end
local function evens(it)
  return wrap(function() for x in it do if x % 2 == 0 then yield(x) end end end)
end
local function walk(depth)
  if depth > 0 then
    walk(depth - 1)
    yield(depth)
    walk(depth - 1)
  end
end
local function pairs_of(it)
  return wrap(function()
    while true do
      local x = it()
      local y = x and it()
      if not y then return end
      yield(x, y)
    end
  end)
end
local function averager()
  local total, n, avg = 0, 0, nil
  while true do
    total = total + yield(avg)
    n = n + 1
    avg = total / n
  end
end
local function run(n)
  local a, b, c, d, e, f = 0, 0, 0, nil, 0, nil
  for x in evens(count(n)) do a = a + x end
  for x in wrap(function() walk(13) end) do b = b + x end
  for x, y in pairs_of(count(n)) do c = c + x * y end
  local av = wrap(averager)
  av()
  for i = 0, n / 2 - 1 do d = av(i) end
  local i = 0
  for x in evens(range(n)) do
    e = e + i * x
    i = i + 1
  end
  local right, all = evens(range(n)), {}
  for x in count(n) do
    if not right() then break end
    all[#all + 1] = x
  end
  f = all[#all]
  return a, b, c, d, e, f
end
print(string.format("%d %d %d %.1f %d %d", run(200000)))
