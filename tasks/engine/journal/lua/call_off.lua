-- Ask an operation to stop: mark it and call it back, so that whoever claims it sees the mark.
-- KEYS  1 entry  2 landing    ARGV  1 id  2 word ("cancelled" or "revoked")  3 seconds until an unclaimed landing is sent again
-- Answers {word, message}: "unknown", "ended", "asked before" or "asked".
local entry = KEYS[1]
if redis.call('EXISTS', entry) == 0 then
  return {'unknown', ''}
end
if redis.call('HEXISTS', entry, 'ended') == 1 then
  return {'ended', ''}
end
if redis.call('HSETNX', entry, 'called_off', ARGV[2]) == 0 then
  return {'asked before', ''}
end
redis.call('ZADD', KEYS[2], tonumber(redis.call('TIME')[1]) + ARGV[3], ARGV[1])
return {'asked', redis.call('HGET', entry, 'message') or ''}
