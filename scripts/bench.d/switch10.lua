local ready, head, tail, total = {}, 1, 0, 0
local function push(co) tail = tail + 1; ready[tail] = co end
for _ = 1, 10 do
  push(coroutine.create(function()
    for _ = 1, 50000 do coroutine.yield() end
    total = total + 50000
  end))
end
while head <= tail do
  local co = ready[head]
  ready[head] = nil
  head = head + 1
  coroutine.resume(co)
  if coroutine.status(co) ~= "dead" then push(co) end
end
print(total)
