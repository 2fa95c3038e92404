-- Give up the lease of a target's poller, unless something is parked: then the poller goes on.
-- KEYS  1 lease  2 parked  3 targets  4 connections    ARGV  1 holder  2 target    Answers 1 when the poller is to go on.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
if redis.call('HLEN', KEYS[2]) > 0 then
  return 1
end
redis.call('SREM', KEYS[3], ARGV[2])
redis.call('HDEL', KEYS[4], ARGV[2])
return 0
