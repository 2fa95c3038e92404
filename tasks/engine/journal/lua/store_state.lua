-- Write a result that is not an end, unless the end is there already; publish nothing.
-- KEYS  1 result    ARGV  1 document  2 lifetime (s, 0: for ever)
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
return 1
