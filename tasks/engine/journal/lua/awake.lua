-- Hand out the operations whose moment has come, and the landings that nobody claimed in time.
-- KEYS  1 due  2 landing    ARGV  1 prefix of entries  2 how many at most  3 seconds until an unclaimed landing is sent again (doubles each time, up to 16 fold)
-- Answers {id, message, ...}.
local now = tonumber(redis.call('TIME')[1])
local out = {}
local function call_back(id)
  local entry = ARGV[1] .. id
  local message = redis.call('HGET', entry, 'message')
  if not message or redis.call('HEXISTS', entry, 'ended') == 1 then
    redis.call('ZREM', KEYS[2], id)
    return
  end
  local times = redis.call('HINCRBY', entry, 'called_back', 1)
  redis.call('ZADD', KEYS[2], now + ARGV[3] * math.min(2 ^ (times - 1), 16), id)
  out[#out + 1] = id
  out[#out + 1] = message
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  redis.call('ZREM', KEYS[1], id)
  call_back(id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  call_back(id)
end
return out
