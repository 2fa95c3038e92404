-- Write fields of an entry, if the writer still holds it.
-- KEYS  1 entry    ARGV  1 fencing token  2.. field, value, ...
if overtaken(KEYS[1], ARGV[1]) then
  return redis.error_reply('OVERTAKEN')
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1
