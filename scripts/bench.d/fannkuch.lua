local function run(n)
  local perm1, count, perm = {}, {}, {}
  for i = 1, n do perm1[i], count[i] = i - 1, 0 end
  local checksum, most, r, k = 0, 0, n, 0
  while true do
    while r > 1 do
      count[r] = r
      r = r - 1
    end
    for i = 1, n do perm[i] = perm1[i] end
    local flips, first = 0, perm[1]
    while first ~= 0 do
      local i, j = 1, first + 1
      while i < j do
        perm[i], perm[j] = perm[j], perm[i]
        i, j = i + 1, j - 1
      end
      flips = flips + 1
      first = perm[1]
    end
    if flips > most then most = flips end
    checksum = checksum + (k % 2 == 0 and flips or -flips)
    while true do
      if r == n then return checksum, most end
      table.insert(perm1, r + 1, table.remove(perm1, 1))
      count[r + 1] = count[r + 1] - 1
      if count[r + 1] > 0 then break end
      r = r + 1
    end
    k = k + 1
  end
end
print(string.format("%d %d", run(9)))
