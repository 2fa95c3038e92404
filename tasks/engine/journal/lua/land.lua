-- Land XenServer tasks that ended: write the outcome into the journal and send the operation's message.
-- KEYS  1 parked  2 landing  3 due  4 guests  5 deliveries
-- ARGV  1 prefix of entries  2 prefix of early outcomes  3 seconds until an unclaimed sending is checked
--       4.. reference, outcome, seconds for which the outcome is kept if nobody is parked ("0": not at all)
-- Answers {id, message, number, ...}. The message stays in the entry, and the id in `landing`, until a worker claims it.
local now = seconds()
local out = {}
local function hand_out(id, entry)
  out[#out + 1] = id
  out[#out + 1] = redis.call('HGET', entry, FIELD.message)
  out[#out + 1] = send(entry, id, KEYS[2], KEYS[5], now + ARGV[3])
end
local function land(id, label, outcome)
  local entry = ARGV[1] .. id
  if not is_open(entry) then
    return  -- it ended without waiting for this task
  end
  redis.call('HSETNX', entry, PART.outcome .. label, outcome)
  redis.call('HSETNX', entry, PART.landed .. label, now)
  redis.call('HSET', entry, FIELD.phase, PHASE.landed)
  redis.call('ZREM', KEYS[3], id)
  hand_out(id, entry)
  raise_limit(entry)
  for _, next_id in ipairs(release_call(entry, id, ARGV[1], now)) do
    local next_entry = ARGV[1] .. next_id
    redis.call('ZREM', KEYS[3], next_id)
    hand_out(next_id, next_entry)
  end
end
for i = 4, #ARGV, 3 do
  local parked = redis.call('HGET', KEYS[1], ARGV[i])
  if parked then
    for id, label in parked:gmatch('([^\n]*)/([^/\n]*)') do
      land(id, label, ARGV[i + 1])
    end
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('SREM', KEYS[4], ARGV[i])
  elseif ARGV[i + 2] ~= '0' then
    redis.call('SET', ARGV[2] .. ARGV[i], ARGV[i + 1], 'NX', 'EX', ARGV[i + 2])
  end
end
return out
