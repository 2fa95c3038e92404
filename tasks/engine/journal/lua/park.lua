-- Park an operation under a reference until it lands, unless the landing came first.
-- KEYS  1 entry  2 parked  3 early (of this reference)  4 lease of the poller  5 armed  6 targets  7 due  8 connections  9 guests
-- ARGV  1 fencing token  2 id  3 label  4 reference  5 wake at (s)  6 target  7 connection  8 "1" for a guest  9 prefix of entries  10.. field, value, ...
-- Answers {outcome, ""}, or {"", "1" when no poller follows this target yet}.
local entry, landed = KEYS[1], PART.outcome .. ARGV[3]
local now = seconds()
if overtaken(entry, ARGV[1]) then
  return redis.error_reply('OVERTAKEN')
end
if #ARGV > 9 then
  redis.call('HSET', entry, unpack(ARGV, 10))
end
local early = redis.call('GET', KEYS[3])
if early then
  redis.call('HSETNX', entry, landed, early)
  redis.call('HSETNX', entry, PART.landed .. ARGV[3], now)
  redis.call('DEL', KEYS[3])
end
local outcome = redis.call('HGET', entry, landed)
if outcome then
  for _, next_id in ipairs(release_call(entry, ARGV[2], ARGV[9], now)) do
    redis.call('ZADD', KEYS[7], 'LT', now, next_id)
  end
  return {outcome, ''}
end
local me = ARGV[2] .. '/' .. ARGV[3]
local others = redis.call('HGET', KEYS[2], ARGV[4])
if not others then
  redis.call('HSET', KEYS[2], ARGV[4], me)
elseif not ('\n' .. others .. '\n'):find('\n' .. me .. '\n', 1, true) then
  redis.call('HSET', KEYS[2], ARGV[4], others .. '\n' .. me)
end
if ARGV[8] == '1' then
  redis.call('SADD', KEYS[9], ARGV[4])
end
redis.call('SADD', KEYS[6], ARGV[6])
redis.call('HSET', KEYS[8], ARGV[6], ARGV[7])
redis.call('ZADD', KEYS[7], 'LT', ARGV[5], ARGV[2])
redis.call('HSET', entry, FIELD.phase, PHASE.parked, FIELD.held_until, '0')
redis.call('HSETNX', entry, PART.parked .. ARGV[3], now)
if redis.call('EXISTS', KEYS[4]) == 0 and redis.call('SET', KEYS[5], '1', 'NX', 'EX', 5) then
  return {'', '1'}
end
return {'', ''}
