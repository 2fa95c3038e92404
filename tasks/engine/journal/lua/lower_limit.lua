-- Halve the limit of calls in flight, once for many refusals that come together.
-- KEYS  1 in flight  2 limit    ARGV  1 the profile's limit  2 seconds between two reductions
local now = seconds()
redis.call('HSET', KEYS[2], 'most', ARGV[1])
if now - tonumber(redis.call('HGET', KEYS[2], 'lowered') or '0') < tonumber(ARGV[2]) then
  return 0
end
local used = math.min(limit_of(KEYS[2]), redis.call('ZCARD', KEYS[1]))
redis.call('HSET', KEYS[2], 'now', math.max(1, used / 2), 'lowered', now)
return 1
