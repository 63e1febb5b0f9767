local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({x = x, y = y, moves = 0}, Point) end
function Point:move(dx, dy)
  self.x = self.x + dx
  self.y = self.y + dy
  self.moves = self.moves + 1
  return self
end
local points = {}
for i = 0, 9 do points[i] = Point.new(i, -i) end
for i = 0, 1000000 - 1 do
  local p = points[i % 10]
  p:move(1, 2)
  if p.x > p.y then p.y = p.y + 1 end
end
local x, y, moves = 0, 0, 0
for i = 0, 9 do x, y, moves = x + points[i].x, y + points[i].y, moves + points[i].moves end
print(string.format("%d %d %d", x, y, moves))
