-- Note that Celery has stored the end of an operation and passed it on. A large answer that is kept as its result is dropped: the record refers to the result, which then lives as long. It is not dropped where another message was refused under this id: the refusal may replace the result at any time.
-- KEYS  1 entry  2 result    ARGV  1 excerpt of a large answer, or ""
local entry, result = KEYS[1], KEYS[2]
if redis.call('EXISTS', entry) == 0 then
  return 0
end
redis.call('HSETNX', entry, FIELD.published, 'true')
local is_only_end = redis.call('HEXISTS', entry, FIELD.refusals) == 0
if ARGV[1] ~= '' and is_only_end and redis.call('HEXISTS', entry, FIELD.answer) == 1 and redis.call('EXISTS', result) == 1 then
  redis.call('HSET', entry, FIELD.answer, ARGV[1], FIELD.answer_key, result)
  keep(result, redis.call('TTL', entry))
end
return 1
