-- End an operation: write its answer or fault once, leave its flow, and wake the flow when it waits for nothing else.
-- KEYS  1 entry  2 due  3 landing  and, inside a flow: 4 the flow's entry  5 its open set  6 its made set  7 the made set of this operation
-- ARGV  1 fence  2 id  3 "answer" or "fault"  4 JSON  5 exempt ("1" for a step that undoes)  6 seconds until an unclaimed landing is sent again  7 lifetime (s)
--       8 id of the flow, or ""  9 how the flow fails when this is a fault (JSON)  10.. what was made (JSON, ...)
-- Answers the flow's message when the flow is to be woken, else "".
local entry = KEYS[1]
if redis.call('HGET', entry, 'fence') ~= ARGV[1] then
  return redis.error_reply('OVERTAKEN')
end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('HSET', entry, ARGV[3], ARGV[4], 'ended', now, 'phase', 'ended', 'held_until', '0')
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
if #KEYS < 4 then
  return ''
end
local flow, open, made = KEYS[4], KEYS[5], KEYS[6]
for i = 10, #ARGV do
  redis.call('ZADD', made, 'NX', now + i / 1000000, ARGV[i])
end
if ARGV[3] == 'answer' then
  local inner = redis.call('ZRANGE', KEYS[7], 0, -1, 'WITHSCORES')
  for i = 1, #inner, 2 do
    redis.call('ZADD', made, 'NX', inner[i + 1], inner[i])
  end
end
if redis.call('TTL', made) < tonumber(ARGV[7]) then
  redis.call('EXPIRE', made, ARGV[7])
end
redis.call('SREM', open, ARGV[2])
if ARGV[5] == '1' then
  return ''
end
if ARGV[3] == 'fault' then
  redis.call('HSETNX', flow, 'failing', ARGV[9])
end
if redis.call('HEXISTS', flow, 'failing') == 1 and redis.call('SCARD', open) == 0 and redis.call('HEXISTS', flow, 'ended') == 0 then
  redis.call('ZADD', KEYS[3], now + ARGV[6], ARGV[8])
  return redis.call('HGET', flow, 'message') or ''
end
return ''
