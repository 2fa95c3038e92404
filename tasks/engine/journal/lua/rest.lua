-- Let go of an operation until a moment, or until somebody lands its leg.
-- KEYS  1 entry  2 due    ARGV  1 fence  2 id  3 leg whose landing is awaited, or ""  4 wake at (s)  5 phase  6.. field, value, ...
-- Answers {"landed", outcome} or {"resting", ""}.
local entry = KEYS[1]
if redis.call('HGET', entry, 'fence') ~= ARGV[1] then
  return redis.error_reply('OVERTAKEN')
end
if #ARGV > 5 then
  redis.call('HSET', entry, unpack(ARGV, 6))
end
local outcome = ARGV[3] ~= '' and redis.call('HGET', entry, 'outcome:' .. ARGV[3])
if outcome then
  return {'landed', outcome}
end
redis.call('ZADD', KEYS[2], 'LT', ARGV[4], ARGV[2])
redis.call('HSET', entry, 'phase', ARGV[5], 'held_until', '0')
return {'resting', ''}
