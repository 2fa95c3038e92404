-- Write a result, unless an end is there already; publish an end, and nothing else. Answers 1 when it is written.
-- KEYS  1 result    ARGV  1 document  2 lifetime (s, 0: for ever)  3 "1" for an end
local now = redis.pcall('GET', KEYS[1])  -- a value of another type is no result, and is replaced
if now then
  local ok, known = pcall(cjson.decode, now)
  local status = ok and type(known) == 'table' and known.status
  if status == 'SUCCESS' or status == 'FAILURE' or status == 'REVOKED' then
    return 0
  end
end
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[1])
end
if ARGV[3] == '1' then
  redis.call('PUBLISH', KEYS[1], ARGV[1])
end
return 1
