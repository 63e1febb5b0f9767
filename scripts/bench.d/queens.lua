local function solve(n)
  local cols, d1, d2, count = {}, {}, {}, 0
  local function place(row)
    if row == n then
      count = count + 1
      return
    end
    for c = 0, n - 1 do
      if not cols[c] and not d1[row + c] and not d2[row - c] then
        cols[c], d1[row + c], d2[row - c] = true, true, true
        place(row + 1)
        cols[c], d1[row + c], d2[row - c] = nil, nil, nil
      end
    end
  end
  place(0)
  return count
end
local function distinct(p, n, sign)
  local seen, size = {}, 0
  for i = 1, n do
    local k = p[i] + sign * i
    if not seen[k] then seen[k], size = true, size + 1 end
  end
  return size == n
end
local function permutations(n)
  local p, count = {}, 0
  for i = 1, n do p[i] = i end
  local function rest(k)
    if k > n then
      if distinct(p, n, 1) and distinct(p, n, -1) then count = count + 1 end
      return
    end
    for i = k, n do
      p[k], p[i] = p[i], p[k]
      rest(k + 1)
      p[k], p[i] = p[i], p[k]
    end
  end
  rest(1)
  return count
end
print(string.format("%d %d", solve(8), permutations(7)))
