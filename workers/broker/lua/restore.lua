-- Put messages back into their lists, as they came: the tags given, or all that nobody acknowledged in time.
-- KEYS  1 unacked index  2 unacked
-- ARGV  1 what our tags begin with  2 prefix of lists  3 separator before a priority  4 "1" to put them behind all others  5 seconds  6 how many at most  7.. tags
-- Answers the tags that are not ours, or whose entry is not as we write it.
local time = redis.call('TIME')
local late = string.format('%d.%06d', time[1] - ARGV[5], time[2])
local foreign = {}

local function put_back(tag)
  local entry = redis.call('HGET', KEYS[2], tag)
  if not entry then
    redis.call('ZREM', KEYS[1], tag)
    return true
  end
  local priority = tag:sub(1, #ARGV[1]) == ARGV[1] and tag:match(':(%d+)$')
  local item, queue = entry:match('^%[(.*),"",("[^"]*")%]$')
  local known, name = pcall(cjson.decode, queue)
  if not priority or not item or not known then
    return false
  end
  local list = ARGV[2] .. name .. (priority == '0' and '' or ARGV[3] .. priority)
  redis.call(ARGV[4] == '1' and 'LPUSH' or 'RPUSH', list, item)
  redis.call('ZREM', KEYS[1], tag)
  redis.call('HDEL', KEYS[2], tag)
  return true
end

local tags = {unpack(ARGV, 7)}
if #tags == 0 then
  tags = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', late, 'LIMIT', 0, ARGV[6])
end
for _, tag in ipairs(tags) do
  if not put_back(tag) then
    foreign[#foreign + 1] = tag
  end
end
return foreign
