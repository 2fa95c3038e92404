-- Land XenServer tasks that ended: write the outcome into the journal and call the operation back.
-- KEYS  1 parked  2 landing  3 due  4 guests
-- ARGV  1 prefix of entries  2 prefix of early outcomes  3 lifetime of an early outcome (s)  4 seconds until a landing that nobody claimed is sent again
--       5.. reference, outcome, "1" when the XenServer task carries our tag
-- Answers the ids and messages to send: {id, message, ...}. The message stays in the entry, and the id in `landing`, until a worker claims it.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local out = {}
for i = 5, #ARGV, 3 do
  local parked = redis.call('HGET', KEYS[1], ARGV[i])
  if parked then
    for id, leg in parked:gmatch('([^\n]*)/([^/\n]*)') do
      local entry = ARGV[1] .. id
      redis.call('HSETNX', entry, 'outcome:' .. leg, ARGV[i + 1])
      redis.call('HSETNX', entry, 'landed:' .. leg, now)
      redis.call('HSET', entry, 'phase', 'landed')
      redis.call('ZADD', KEYS[2], now + ARGV[4], id)
      redis.call('ZREM', KEYS[3], id)
      local message = redis.call('HGET', entry, 'message')
      if message then
        out[#out + 1] = id
        out[#out + 1] = message
      end
    end
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('SREM', KEYS[4], ARGV[i])
  elseif ARGV[i + 2] == '1' then
    redis.call('SET', ARGV[2] .. ARGV[i], ARGV[i + 1], 'EX', ARGV[3])
  end
end
return out
