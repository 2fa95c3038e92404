-- Prolong the leases a process holds. KEYS entries    ARGV  1 lease (ms)  2.. fencing token of each    Answers 1 or 0 for each: whether it is held still.
local now = seconds() * 1000
local out = {}
for i, entry in ipairs(KEYS) do
  out[i] = 0
  if not overtaken(entry, ARGV[i + 1]) and tonumber(redis.call('HGET', entry, FIELD.held_until) or '0') > 0 then
    redis.call('HSET', entry, FIELD.held_until, now + ARGV[1])
    out[i] = 1
  end
end
return out
