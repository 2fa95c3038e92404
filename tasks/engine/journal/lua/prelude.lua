-- Stands before the text of every script, behind the tables FIELD, PART, PHASE, CLAIM, CANCEL and OUTCOME that `scripts.py` makes of the record.
local function seconds()
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end
-- Lengthen the lifetime of a key to so many seconds at least.
local function keep(key, lifetime)
  if redis.call('TTL', key) < tonumber(lifetime) then
    redis.call('EXPIRE', key, lifetime)
  end
end
-- Number a sending of an operation's message, and note when to look whether it was claimed. Returns the number.
local function send(entry, id, landing, deliveries, look_at)
  local number = redis.call('HINCRBY', deliveries, 'sent', 1)
  redis.call('HSET', entry, FIELD.sending, number)
  redis.call('HDEL', entry, FIELD.passed)
  redis.call('ZADD', landing, look_at, id)
  return number
end
-- Refuse a writer whose claim is over.
local function overtaken(entry, fence)
  return redis.call('HGET', entry, FIELD.fence) ~= fence
end
