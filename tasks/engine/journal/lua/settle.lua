-- Land one leg of an entry by its name (a canvas, an undoing) and call the operation back.
-- KEYS  1 entry  2 landing  3 due    ARGV  1 id  2 leg  3 outcome  4 seconds until an unclaimed landing is sent again
-- Answers the message to send, or "" when the operation has ended or this leg landed before.
local entry = KEYS[1]
if redis.call('HEXISTS', entry, 'message') == 0 or redis.call('HEXISTS', entry, 'ended') == 1 then
  return ''
end
if redis.call('HSETNX', entry, 'outcome:' .. ARGV[2], ARGV[3]) == 0 then
  return ''
end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('HSETNX', entry, 'landed:' .. ARGV[2], now)
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return redis.call('HGET', entry, 'message')
