local Node = {}
Node.__index = Node
local function make(depth)
  if depth == 0 then return setmetatable({left = false, right = false}, Node) end
  return setmetatable({left = make(depth - 1), right = make(depth - 1)}, Node)
end
local function check(node)
  if not node.left then return 1 end
  return 1 + check(node.left) + check(node.right)
end
local n = 14
print(string.format("long %d", check(make(n + 1))))
local kept = make(n)
for depth = 4, n, 4 do
  local times, total = 2 ^ (n - depth + 4), 0
  for _ = 1, times do total = total + check(make(depth)) end
  print(string.format("%d %d %d", depth, times, total))
end
print(string.format("kept %d", check(kept)))
