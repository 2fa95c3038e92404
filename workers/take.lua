-- Take the oldest message of a queue and note it as unacknowledged, in one step.
-- KEYS  1 unacked index  2 unacked  3.. the queue's lists, the most urgent first    ARGV  1 now (s)  2 "1" when nobody will acknowledge  3 queue
-- Answers the message, or nil. The entry is kombu's own: [message, exchange, routing key], as of a message sent to this very queue:
-- what other clients write there need not lead back.
for i = 3, #KEYS do
  local item = redis.call('RPOP', KEYS[i])
  if item then
    local read, message = pcall(cjson.decode, item)
    local properties = read and type(message) == 'table' and message.properties
    if type(properties) ~= 'table' or type(properties.delivery_tag) ~= 'string' then
      redis.call('LPUSH', KEYS[i] .. ':unreadable', item)  -- no client of Celery's wrote this
      return nil
    end
    if ARGV[2] ~= '1' then
      local entry = '[' .. item .. ',"",' .. cjson.encode(ARGV[3]) .. ']'
      redis.call('ZADD', KEYS[1], ARGV[1], properties.delivery_tag)
      redis.call('HSET', KEYS[2], properties.delivery_tag, entry)
    end
    return item
  end
end
return nil
