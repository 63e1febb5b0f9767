local function compose(...)
  local fs = {...}
  return function(x)
    for i = 1, #fs do x = fs[i](x) end
    return x
  end
end
local function adder(n) return function(x) return x + n end end
local function counter()
  local n = 0
  return function(by)
    n = n + (by or 1)
    return n
  end
end
local function run(n)
  local f = compose(adder(1), adder(-3), function(x) return x * 2 end, adder(5))
  local c, total, sum, odd = counter(), 0, 0, {}
  for i = 0, n - 1 do total = total + f(i) + c() + c(2) end
  for i = 0, n - 1 do sum = sum + f(i) end
  for i = 0, n - 1 do if (function(x) return x % 2 end)(i) ~= 0 then odd[#odd + 1] = i end end
  return total, sum, #odd
end
print(string.format("%d %d %d", run(150000)))
