local Bad = {}
Bad.__index = Bad
local function check(n)
  if n % 3 == 0 then error(setmetatable({n = n}, Bad)) end
  if n % 7 == 0 then error("seven", 0) end
  return n
end
local function deeper(n, depth)
  if depth > 0 then return (deeper(n, depth - 1)) end
  return (check(n))
end
local function run(n)
  local good, bad, seven, ends = 0, 0, 0, 0
  for i = 0, n - 1 do
    local ok, what = pcall(deeper, i, 3)
    ends = ends + 1
    if ok then
      good = good + what + 1
    elseif getmetatable(what) == Bad then
      bad = bad + what.n
    else
      seven = seven + 1
    end
    ok, what = pcall(function() error("no key " .. i, 0) end)
    if not ok then ends = ends + 1 end
    local items, k = {i, 1, 2}, 0
    local function step()
      k = k + 1
      return items[k]
    end
    repeat until step() == 2
  end
  return good, bad, seven, ends
end
print(string.format("%d %d %d %d", run(150000)))
