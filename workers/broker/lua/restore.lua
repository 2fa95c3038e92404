-- Put messages back into their lists, as they came: the tags given, or all that nobody acknowledged in time.
-- KEYS  1 unacked index  2 unacked
-- ARGV  1 what our tags begin with  2 prefix of lists  3 separator before a priority  4 "1" to put them behind all others  5 seconds  6 how many at most, of ours and of others  7 the queues that are consumed here, as JSON  8.. tags
-- Answers the tags that are not ours, or whose entry is not as we write it; not those of queues that are consumed elsewhere, whose workers put them back.
local time = redis.call('TIME')
local late = string.format('%d.%06d', time[1] - ARGV[5], time[2])
local foreign = {}
local consumed = {}
for _, queue in ipairs(cjson.decode(ARGV[7])) do
  consumed[queue] = true
end

local function is_ours(tag)
  return tag:sub(1, #ARGV[1]) == ARGV[1]
end

local function is_of_others(tag)
  local ending = (redis.call('HGET', KEYS[2], tag) or ''):sub(-1000)
  local queue = ending:match(', "", "([^"\\]+)"%]$')
  return queue and not consumed[queue]
end

local function put_back(tag)
  local entry = redis.call('HGET', KEYS[2], tag)
  if not entry then
    redis.call('ZREM', KEYS[1], tag)
    return true
  end
  local priority = is_ours(tag) and tag:match(':(%d+)$')
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

local tags = {unpack(ARGV, 8)}
if #tags == 0 then
  tags = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', late)
end
local most = tonumber(ARGV[6])
local left = {[true] = most, [false] = most}
for _, tag in ipairs(tags) do
  local ours = is_ours(tag)
  if left[ours] > 0 and (ours or not is_of_others(tag)) then
    left[ours] = left[ours] - 1
    if not put_back(tag) then
      foreign[#foreign + 1] = tag
    end
  end
end
return foreign
