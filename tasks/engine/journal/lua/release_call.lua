-- Release the place of an operation among the calls in flight; those that get it are due at once.
-- KEYS  1 entry  2 due    ARGV  1 fencing token  2 id  3 prefix of entries
if overtaken(KEYS[1], ARGV[1]) then
  return redis.error_reply('OVERTAKEN')
end
local now = seconds()
for _, next_id in ipairs(release_call(KEYS[1], ARGV[2], ARGV[3], now)) do
  redis.call('ZADD', KEYS[2], 'LT', now, next_id)
end
return 1
