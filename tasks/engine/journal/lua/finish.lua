-- End an operation: write its answer or failure once, leave its flow, and wake the flow when it waits for nothing else.
-- KEYS  1 entry  2 due  3 landing  4 deliveries  5 open operations  6 counters  and, inside a flow: 7 the flow's entry  8 its open set  9 its made set  10 the made set of this operation
-- ARGV  1 fencing token  2 id  3 field of the end  4 JSON  5 "1" for a step that undoes  6 seconds until an unclaimed sending is checked  7 lifetime (s)
--       8 id of the flow, or ""  9 how the flow fails when this is a failure (JSON)  10 "1" when something is left  11 prefix of entries
--       12 what is counted  13 what is counted instead where there are very many kinds
--       14 how many of the rest are fields to write, 15.. those (name, value, ...), then what was made (JSON, ...)
-- Answers the flow's {message, number} when the flow is to be woken, else an empty message.
local entry = KEYS[1]
if overtaken(entry, ARGV[1]) then
  return redis.error_reply('OVERTAKEN')
end
local now = seconds()
redis.call('HSET', entry, ARGV[3], ARGV[4], FIELD.leaves, ARGV[10], FIELD.ended, now, FIELD.phase, PHASE.ended, FIELD.held_until, '0')
count_end(KEYS[6], ARGV[12], ARGV[13], now - (redis.call('HGET', entry, FIELD.created) or now))
for i = 15, 14 + ARGV[14], 2 do
  redis.call('HSET', entry, ARGV[i], ARGV[i + 1])
end
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('ZREM', KEYS[5], ARGV[2])
for _, next_id in ipairs(release_call(entry, ARGV[2], ARGV[11], now)) do
  redis.call('ZADD', KEYS[2], 'LT', now, next_id)
end
if #KEYS < 7 then
  return {'', 0}
end
local flow, open, made = KEYS[7], KEYS[8], KEYS[9]
for i = 15 + ARGV[14], #ARGV do
  redis.call('ZADD', made, 'NX', now + i / 1000000, ARGV[i])
end
if ARGV[3] == FIELD.answer then
  local inner = redis.call('ZRANGE', KEYS[10], 0, -1, 'WITHSCORES')
  for i = 1, #inner, 2 do
    redis.call('ZADD', made, 'NX', inner[i + 1], inner[i])
  end
end
keep(made, ARGV[7])
redis.call('SREM', open, ARGV[2])
if ARGV[5] == '1' or redis.call('EXISTS', flow) == 0 then
  return {'', 0}
end
if ARGV[3] == FIELD.failure then
  redis.call('HSETNX', flow, FIELD.failing, ARGV[9])
end
local message = redis.call('HGET', flow, FIELD.message)
if message and redis.call('HEXISTS', flow, FIELD.failing) == 1 and redis.call('SCARD', open) == 0 and redis.call('HEXISTS', flow, FIELD.ended) == 0 then
  return {message, send(flow, ARGV[8], KEYS[3], KEYS[4], now + ARGV[6])}
end
return {'', 0}
