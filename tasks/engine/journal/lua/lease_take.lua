-- Take, or prolong, the lease of a target's poller. KEYS  1 lease  2 armed    ARGV  1 holder  2 ms
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if not holder then
  redis.call('DEL', KEYS[2])  -- the poller that was sent for is here: when it ends, the next may be sent for at once
end
return 1
