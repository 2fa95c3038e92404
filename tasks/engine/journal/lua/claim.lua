-- Claim an operation: one delivery of its message becomes the only one that may act.
-- KEYS  1 entry  2 landing  3 due  4 runs  5 run  6 deliveries  7 its own open set  8 its own made set  9 open operations  10.. the flows around it, outermost first, each as entry and open set
-- ARGV  1 id  2 holder  3 lease (ms)  4 lifetime (s)  5 root  6 "1" for a step that undoes  7 timeout (s)  8 queue and  9 number of this sending ("0": none)
--       10 mark of the delivery that begins a failed operation anew, or ""  11 how often the innermost flow was begun anew  12 digests of what is asked, of which one is that of the first message  13.. first fields (name, value, ...)
-- Answers {result, now (s), fields}. A step begins only in a flow that is not failing; that is checked in each claim, until the step is one of the open steps.
local entry, id, exempt = KEYS[1], ARGV[1], ARGV[6] == '1'
local now = seconds()

local sent = tonumber(redis.call('HGET', KEYS[6], 'number') or '0')
local taken = tonumber(redis.call('HGET', KEYS[6], 'taken:' .. ARGV[8]) or '0')
if tonumber(ARGV[9]) > taken and tonumber(ARGV[9]) <= sent then
  redis.call('HSET', KEYS[6], 'taken:' .. ARGV[8], ARGV[9])
end

local has_ended = redis.call('HEXISTS', entry, FIELD.ended) == 1
local function is_other()
  local asked = redis.call('HGET', entry, FIELD.request) or ''
  for digest in ARGV[12]:gmatch('%S+') do
    if asked:find(digest, 1, true) then
      return false
    end
  end
  return asked ~= ''
end
if not (has_ended and #KEYS > 9) and is_other() then
  return {CLAIM.id_taken, tostring(now), redis.call('HGETALL', entry)}
end

local function repeated()
  return ARGV[10] ~= '' and ARGV[10] ~= redis.call('HGET', entry, FIELD.delivery) and redis.call('HEXISTS', entry, FIELD.failure) == 1
    and (redis.call('HGET', entry, FIELD.leaves) or '') == ''
end

if has_ended then
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
  if not repeated() then
    return {CLAIM.ended, tostring(now), redis.call('HGETALL', entry)}
  end
  local token = redis.call('HGET', entry, FIELD.fencing_token)
  local repeats = (redis.call('HGET', entry, FIELD.repeats) or '0') + 1
  redis.call('DEL', entry, KEYS[7], KEYS[8])
  redis.call('HSET', entry, FIELD.fencing_token, token, FIELD.repeats, repeats)
end

local held_until = tonumber(redis.call('HGET', entry, FIELD.held_until) or '0')
if held_until > 0 and held_until <= now * 1000 then
  redis.call('HSET', entry, FIELD.overtook, 'true')
end
if held_until > now * 1000 then
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZADD', KEYS[3], 'LT', held_until / 1000, id)
  return {CLAIM.held, tostring(now), {}}
end

if redis.call('HEXISTS', entry, FIELD.created) == 0 then
  for i = 13, #ARGV, 2 do
    redis.call('HSET', entry, ARGV[i], ARGV[i + 1])
  end
  redis.call('HSET', entry, FIELD.created, now, FIELD.deadline, now + ARGV[7])
  redis.call('ZADD', KEYS[4], 'NX', now, ARGV[5])
  redis.call('ZADD', KEYS[5], 'NX', now, id)
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - ARGV[4])
  keep(KEYS[4], ARGV[4])
  keep(KEYS[5], ARGV[4])
end

local result = CLAIM.claimed
if #KEYS > 9 and not exempt and redis.call('SISMEMBER', KEYS[#KEYS], id) == 0 then
  for i = 10, #KEYS, 2 do
    if redis.call('HEXISTS', KEYS[i], FIELD.failing) == 1 then
      result = CLAIM.flow_failing
    end
  end
  if (redis.call('HGET', KEYS[#KEYS - 1], FIELD.repeats) or '0') ~= ARGV[11] then
    result = CLAIM.flow_failing
  end
  if result == CLAIM.claimed then
    redis.call('SADD', KEYS[#KEYS], id)
    keep(KEYS[#KEYS], ARGV[4])
  end
end
redis.call('ZADD', KEYS[9], now, id)
redis.call('HINCRBY', entry, FIELD.fencing_token, 1)
redis.call('HSET', entry, FIELD.holder, ARGV[2], FIELD.held_until, now * 1000 + ARGV[3], FIELD.phase, PHASE.running)
keep(entry, ARGV[4])
redis.call('ZREM', KEYS[2], id)
redis.call('ZREM', KEYS[3], id)
return {result, tostring(now), redis.call('HGETALL', entry)}
