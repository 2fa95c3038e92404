-- Take an operation in hand: one delivery of its message becomes the only one that may act.
-- KEYS  1 entry  2 landing  3 due  4 runs  5 run  6.. the flows it stands in, outermost first, each as entry and open set
-- ARGV  1 id  2 holder  3 lease in ms  4 lifetime in s  5 root  6 exempt ("1" for a step that undoes)  7.. first fields (name, value, ...)
-- Answers {word, fence, fields}: "ended" (answered already), "held" (another delivery acts), "fallen" (its flow is failing), "claimed".
local entry, id = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if redis.call('HEXISTS', entry, 'ended') == 1 then
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
  return {'ended', '0', redis.call('HGETALL', entry)}
end

local held_until = tonumber(redis.call('HGET', entry, 'held_until') or '0')
if held_until > now then
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZADD', KEYS[3], 'LT', held_until / 1000, id)
  return {'held', '0', {}}
end

local function keep(key)
  if redis.call('TTL', key) < tonumber(ARGV[4]) then
    redis.call('EXPIRE', key, ARGV[4])
  end
end

local word = 'claimed'
if redis.call('EXISTS', entry) == 0 then
  for i = 7, #ARGV, 2 do
    redis.call('HSET', entry, ARGV[i], ARGV[i + 1])
  end
  redis.call('HSET', entry, 'created', now / 1000)
  redis.call('ZADD', KEYS[4], 'NX', now / 1000, ARGV[5])
  redis.call('ZADD', KEYS[5], 'NX', now / 1000, id)
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now / 1000 - ARGV[4])
  keep(KEYS[4])
  keep(KEYS[5])
  for i = 6, #KEYS, 2 do
    if ARGV[6] ~= '1' and redis.call('HEXISTS', KEYS[i], 'failing') == 1 then
      word = 'fallen'
    end
  end
  if word == 'claimed' and ARGV[6] ~= '1' and #KEYS > 6 then
    redis.call('SADD', KEYS[#KEYS], id)
    keep(KEYS[#KEYS])
  end
end
local fence = redis.call('HINCRBY', entry, 'fence', 1)
redis.call('HSET', entry, 'holder', ARGV[2], 'held_until', now + ARGV[3], 'phase', 'running')
redis.call('HDEL', entry, 'called_back')
keep(entry)
redis.call('ZREM', KEYS[2], id)
redis.call('ZREM', KEYS[3], id)
return {word, tostring(fence), redis.call('HGETALL', entry)}
