-- Hand out the operations that are due, those for whose call there is a place that nobody handed on, and those whose message was sent and surely got lost.
-- KEYS  1 due  2 landing  3 deliveries  4 targets at which operations wait  5 counters    ARGV  1 prefix of entries  2 how many at most  3 seconds between two looks at an unclaimed sending
--       4 seconds a message may be in the hands of a worker  5 seconds between two trial sendings to one queue
-- Answers {id, message, number, ...}. A queue is served in order, and a claim notes the number of its sending as taken. So a sending above the number taken
-- may still wait in its queue: it is not sent again, save one for each queue now and then, whose claim tells of all before it. One at or below the number taken
-- has left the queue: if nobody claims it for as long as a worker may have it in hand, it is lost.
local now = seconds()
local out = {}
local function hand_out(id, entry)
  out[#out + 1] = id
  out[#out + 1] = redis.call('HGET', entry, FIELD.message)
  out[#out + 1] = send(entry, id, KEYS[2], KEYS[3], now + ARGV[3])
end
local function is_lost(id, entry)
  local queue = redis.call('HGET', entry, FIELD.queue) or ''
  local number = tonumber(redis.call('HGET', entry, FIELD.sending) or '0')
  if number > tonumber(redis.call('HGET', KEYS[3], 'taken:' .. queue) or '0') then
    redis.call('ZADD', KEYS[2], now + ARGV[3], id)
    return redis.call('SET', KEYS[3] .. ':trial:' .. queue, id, 'NX', 'EX', ARGV[5])
  end
  local passed = tonumber(redis.call('HGET', entry, FIELD.passed) or '0')
  if passed == 0 then
    redis.call('HSET', entry, FIELD.passed, now)
    redis.call('ZADD', KEYS[2], now + ARGV[4], id)
    return false
  end
  return true
end
for _, calls in ipairs(redis.call('SMEMBERS', KEYS[4])) do
  forget_ended_calls(calls, ARGV[1])
  for _, id in ipairs(admit_waiting(calls, ARGV[1], now)) do
    redis.call('ZADD', KEYS[1], 'LT', now, id)
  end
  if redis.call('ZCARD', calls .. ':waiting') == 0 then
    redis.call('SREM', KEYS[4], calls)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local entry = ARGV[1] .. id
  redis.call('ZREM', KEYS[1], id)
  if is_open(entry) then
    hand_out(id, entry)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local entry = ARGV[1] .. id
  if not is_open(entry) then
    redis.call('ZREM', KEYS[2], id)
  elseif is_lost(id, entry) then
    redis.call('HINCRBY', KEYS[5], 'resent', 1)
    keep(KEYS[5], 2592000)
    hand_out(id, entry)
  end
end
return out
