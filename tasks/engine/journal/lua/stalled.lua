-- Make, or report, operations due that are open, whose claim is over, and of which no message is known to be on its way.
-- KEYS  1 open  2 due  3 landing    ARGV  1 prefix of entries  2 seconds since the last claim  3 how many at most  4 "1" to report them only
-- Answers the ids. Members whose entry is gone or has ended are removed.
local now = seconds()
local stalled = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2], 'LIMIT', 0, ARGV[3])) do
  local entry = ARGV[1] .. id
  if not is_open(entry) then
    redis.call('ZREM', KEYS[1], id)
  else
    local held_until = tonumber(redis.call('HGET', entry, FIELD.held_until) or '0')
    if held_until < (now - ARGV[2]) * 1000 and not redis.call('ZSCORE', KEYS[2], id) and not redis.call('ZSCORE', KEYS[3], id) then
      stalled[#stalled + 1] = id
      if ARGV[4] ~= '1' then
        redis.call('ZADD', KEYS[2], now, id)
      end
    end
    if ARGV[4] ~= '1' then
      redis.call('ZADD', KEYS[1], now, id)
    end
  end
end
return stalled
