-- Tell how many messages wait in a list, and for how long the next one has been seen there.
-- KEYS  1 list  2 heads: list -> checksum of its next message, and when it was first seen (s)    ARGV  1 lifetime (s)
-- Answers {length, seconds}; the message at the right end is next.
local next_one = redis.call('LINDEX', KEYS[1], -1)
if not next_one then
  redis.call('HDEL', KEYS[2], KEYS[1])
  return {0, '0'}
end
local now, checksum = seconds(), redis.sha1hex(next_one)
local seen, since = (redis.call('HGET', KEYS[2], KEYS[1]) or ''):match('^(%x+) (.+)$')
if seen ~= checksum then
  since = now
  redis.call('HSET', KEYS[2], KEYS[1], checksum .. ' ' .. string.format('%.3f', now))
end
redis.call('EXPIRE', KEYS[2], ARGV[1])
return {redis.call('LLEN', KEYS[1]), string.format('%.3f', now - since)}
