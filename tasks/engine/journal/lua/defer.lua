-- Let go of an operation until a moment, or until somebody completes a suspension point of it.
-- KEYS  1 entry  2 due    ARGV  1 fencing token  2 id  3 label whose outcome is awaited, or ""  4 wake at (s)  5 phase  6.. field, value, ...
-- Answers the outcome, or "" when the operation is let go.
local entry = KEYS[1]
if overtaken(entry, ARGV[1]) then
  return redis.error_reply('OVERTAKEN')
end
if #ARGV > 5 then
  redis.call('HSET', entry, unpack(ARGV, 6))
end
local outcome = ARGV[3] ~= '' and redis.call('HGET', entry, PART.outcome .. ARGV[3])
if outcome then
  return outcome
end
redis.call('ZADD', KEYS[2], 'LT', ARGV[4], ARGV[2])
redis.call('HSET', entry, FIELD.phase, ARGV[5], FIELD.held_until, '0')
return ''
