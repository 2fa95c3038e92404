-- Note that Celery has stored the end of an operation and passed it on. A large answer that is kept as its result is dropped: the record refers to the result, which then lives as long.
-- KEYS  1 entry  2 result    ARGV  1 excerpt of a large answer, or ""
local entry, result = KEYS[1], KEYS[2]
if redis.call('EXISTS', entry) == 0 then
  return 0
end
redis.call('HSETNX', entry, FIELD.published, 'true')
if ARGV[1] ~= '' and redis.call('HEXISTS', entry, FIELD.answer) == 1 and is_success(result) then
  redis.call('HSET', entry, FIELD.answer, ARGV[1], FIELD.answer_key, result)
  keep(result, redis.call('TTL', entry))
end
return 1
