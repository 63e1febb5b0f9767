local sqrt = math.sqrt
local Body = {}
Body.__index = Body
function Body.new(x, y, z, vx, vy, vz, mass)
  return setmetatable({x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, mass = mass}, Body)
end

local function bodies()
  local out, seed = {}, 42
  for i = 0, 4 do
    local v = {}
    for k = 1, 6 do
      seed = seed * 16807 % 2147483647
      v[k] = seed / 2147483647 - 0.5
    end
    out[#out + 1] = Body.new(v[1] * 20, v[2] * 20, v[3] * 20, v[4], v[5], v[6], i == 0 and 40.0 or 0.04 * (i + 1))
  end
  return out
end

local function advance(bodies, pairs, dt)
  for i = 1, #pairs do
    local a, b = pairs[i][1], pairs[i][2]
    local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
    local d2 = dx * dx + dy * dy + dz * dz + 0.01
    local mag = dt / (d2 * sqrt(d2))
    local am, bm = a.mass * mag, b.mass * mag
    a.vx = a.vx - dx * bm
    a.vy = a.vy - dy * bm
    a.vz = a.vz - dz * bm
    b.vx = b.vx + dx * am
    b.vy = b.vy + dy * am
    b.vz = b.vz + dz * am
  end
  for i = 1, #bodies do
    local b = bodies[i]
    b.x = b.x + dt * b.vx
    b.y = b.y + dt * b.vy
    b.z = b.z + dt * b.vz
  end
end

local function energy(bodies, pairs)
  local e = 0.0
  for _, b in ipairs(bodies) do e = e + 0.5 * b.mass * (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz) end
  for _, p in ipairs(pairs) do
    local a, b = p[1], p[2]
    e = e - a.mass * b.mass / sqrt((a.x - b.x) ^ 2 + (a.y - b.y) ^ 2 + (a.z - b.z) ^ 2 + 0.01)
  end
  return e
end

local function run(n)
  local bs, pairs = bodies(), {}
  for i = 1, 5 do for j = i + 1, 5 do pairs[#pairs + 1] = {bs[i], bs[j]} end end
  for _ = 1, n do advance(bs, pairs, 0.001) end
  return energy(bs, pairs)
end
print(string.format("%.6f", run(60000)))
