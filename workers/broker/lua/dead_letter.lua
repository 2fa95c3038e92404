-- Put a message aside that nobody can answer: into the list of dead letters, out of what is unacknowledged.
-- KEYS  1 unacked index  2 unacked  3 dead letters  4 count of all ever put aside
-- ARGV  1 tag  2 letter  3 how many are kept  4 lifetime in s  5 "1" when it was never noted as unacknowledged
redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 and ARGV[5] ~= '1' then
  return 0  -- somebody else has put it back, and it comes again
end
redis.call('LPUSH', KEYS[3], ARGV[2])
redis.call('LTRIM', KEYS[3], 0, ARGV[3] - 1)
redis.call('EXPIRE', KEYS[3], ARGV[4])
redis.call('INCR', KEYS[4])
redis.call('EXPIRE', KEYS[4], ARGV[4])
return 1
