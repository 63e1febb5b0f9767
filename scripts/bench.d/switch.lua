local co = coroutine.create(function(n)
  for _ = 1, n do coroutine.yield() end
  print(n)
end)
while coroutine.status(co) ~= "dead" do coroutine.resume(co, 200000) end
