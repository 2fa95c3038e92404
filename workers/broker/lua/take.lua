-- Take the oldest message of a queue and note it as unacknowledged, in one step.
-- KEYS  1 unacked index  2 unacked  3.. the queue's lists, the most urgent first
-- ARGV  1 tag  2 "1" when nobody will acknowledge  3 queue as a JSON string
--       4 longest message  5, 6 how much of the beginning and the end of a longer one is answered  7.. priority of each list
-- Answers {message, its length, tag, now}, or nil. Nothing is read here: whatever stands in the list is taken, and by a tag that no producer chose.
-- The entry is kombu's own: [message, exchange, routing key], as of a message sent to this very queue.
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
for i = 3, #KEYS do
  local item = redis.call('LINDEX', KEYS[i], -1)
  if item then
    local tag = ARGV[1] .. ':' .. ARGV[i + 4]
    if ARGV[2] ~= '1' then
      redis.call('ZADD', KEYS[1], now, tag)
      redis.call('HSET', KEYS[2], tag, '[' .. item .. ',"",' .. ARGV[3] .. ']')
    end
    redis.call('LTRIM', KEYS[i], 0, -2)  -- last: where the lines above fail, it stays in its list
    local length = #item
    if length > tonumber(ARGV[4]) and length > ARGV[5] + ARGV[6] then
      item = string.sub(item, 1, ARGV[5]) .. string.sub(item, -ARGV[6])
    end
    return {item, length, tag, now}
  end
end
return nil
