-- Admit a call to its target: write its intent if fewer calls than the limit are in flight, else let the operation wait in order of arrival.
-- KEYS  1 entry  2 due  3 in flight  4 waiting  5 limit  6 targets at which operations wait
-- ARGV  1 fencing token  2 id  3 the profile's limit  4 its deadline (s)  5 prefix of entries  6 prefix of the target's calls  7 how many of the rest are written in any case
--       8.. fields written in any case, then those of the intent (name, value, ...)
-- Answers 1 when the call is admitted.
local entry, id, most = KEYS[1], ARGV[2], tonumber(ARGV[3])
if overtaken(entry, ARGV[1]) then
  return redis.error_reply('OVERTAKEN')
end
local now = seconds()
for i = 8, 7 + ARGV[7], 2 do
  redis.call('HSET', entry, ARGV[i], ARGV[i + 1])
end
redis.call('HSET', entry, FIELD.calls, ARGV[6])
redis.call('HSET', KEYS[5], 'most', most)
if not redis.call('ZSCORE', KEYS[3], id) then
  redis.call('ZADD', KEYS[4], 'NX', now, id)
  if redis.call('ZCARD', KEYS[3]) + redis.call('ZCARD', KEYS[4]) > limit_of(KEYS[5]) then
    forget_ended_calls(ARGV[6], ARGV[5])
  end
  if redis.call('ZRANK', KEYS[4], id) >= limit_of(KEYS[5]) - redis.call('ZCARD', KEYS[3]) then
    redis.call('ZADD', KEYS[2], 'LT', ARGV[4], id)
    redis.call('SADD', KEYS[6], ARGV[6])
    redis.call('HSET', entry, FIELD.phase, PHASE.waiting, FIELD.held_until, '0')
    return 0
  end
  redis.call('ZREM', KEYS[4], id)
  redis.call('ZADD', KEYS[3], now, id)
end
for i = 8 + ARGV[7], #ARGV, 2 do
  redis.call('HSET', entry, ARGV[i], ARGV[i + 1])
end
return 1
