local function run(n)
  local parts = {}
  for i = 0, n - 1 do parts[#parts + 1] = "item " .. string.format("%d", i) .. ";" end
  local text = table.concat(parts)
  local short = ""
  for _ = 1, math.floor(n / 10) do
    short = short .. "x"
    if #short > 100 then short = short:sub(51) end
  end
  local words, at = {}, 1
  while true do
    local s = text:find(";", at, true)
    words[#words + 1] = text:sub(at, (s or 0) - 1)
    if not s then break end
    at = s + 1
  end
  local _, count = text:gsub("99", "")
  return #text, #words, #short, count, #table.concat(words, "-"):upper()
end
print(string.format("%d %d %d %d %d", run(500000)))
