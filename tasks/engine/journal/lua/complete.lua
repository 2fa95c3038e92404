-- Complete one suspension point of an entry by its label (a canvas, an undoing) and send the operation's message.
-- KEYS  1 entry  2 landing  3 due  4 deliveries    ARGV  1 id  2 label  3 outcome  4 seconds until an unclaimed sending is checked
-- Answers {message, number}; an empty message when the operation has ended, or this was complete before.
local entry = KEYS[1]
local message = redis.call('HGET', entry, FIELD.message)
if not message or redis.call('HEXISTS', entry, FIELD.ended) == 1 then
  return {'', 0}
end
if redis.call('HSETNX', entry, PART.outcome .. ARGV[2], ARGV[3]) == 0 then
  return {'', 0}
end
local now = seconds()
redis.call('HSETNX', entry, PART.landed .. ARGV[2], now)
redis.call('ZREM', KEYS[3], ARGV[1])
return {message, send(entry, ARGV[1], KEYS[2], KEYS[4], now + ARGV[4])}
