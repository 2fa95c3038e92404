-- Park a message that is not due, out of what is unacknowledged.
-- KEYS  1 unacked index  2 unacked  3 delayed    ARGV  1 tag  2 due at (s)  3 list, a line end, message
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
  redis.call('ZADD', KEYS[3], ARGV[2], ARGV[3])
  redis.call('HDEL', KEYS[2], ARGV[1])
end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
