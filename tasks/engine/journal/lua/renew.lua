-- Prolong the leases a process holds. KEYS entries    ARGV  1 lease in ms  2.. fence of each
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i, entry in ipairs(KEYS) do
  if redis.call('HGET', entry, 'fence') == ARGV[i + 1] and tonumber(redis.call('HGET', entry, 'held_until') or '0') > 0 then
    redis.call('HSET', entry, 'held_until', now + ARGV[1])
  end
end
return 1
