-- Ask an operation to stop: mark it and send its message, so that whoever claims it sees the mark.
-- KEYS  1 entry  2 landing  3 deliveries    ARGV  1 id  2 request  3 seconds until an unclaimed sending is checked  4 seconds for which the request is kept where the operation has not begun, or 0
-- Answers {result, message, number}.
local entry = KEYS[1]
if redis.call('EXISTS', entry) == 0 then
  if ARGV[4] == '0' then
    return {CANCEL.unknown, '', 0}
  end
  redis.call('HSET', entry, FIELD.cancel, ARGV[2])  -- whoever claims it finds the mark
  keep(entry, ARGV[4])
  return {CANCEL.asked, '', 0}
end
if redis.call('HEXISTS', entry, FIELD.ended) == 1 then
  return {CANCEL.ended, '', 0}
end
if redis.call('HSETNX', entry, FIELD.cancel, ARGV[2]) == 0 then
  return {CANCEL.asked_before, '', 0}
end
local number = send(entry, ARGV[1], KEYS[2], KEYS[3], seconds() + ARGV[3])
return {CANCEL.asked, redis.call('HGET', entry, FIELD.message) or '', number}
