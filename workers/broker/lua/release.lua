-- Put the messages that are due into their lists. KEYS  1 delayed    ARGV  1 prefix of lists  2 how many at most
local time = redis.call('TIME')
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%d.%06d', time[1], time[2]), 'LIMIT', 0, ARGV[2])
for _, parked in ipairs(due) do
  local line_end = parked:find('\n', 1, true)
  redis.call('LPUSH', ARGV[1] .. parked:sub(1, line_end - 1), parked:sub(line_end + 1))
  redis.call('ZREM', KEYS[1], parked)
end
return #due
