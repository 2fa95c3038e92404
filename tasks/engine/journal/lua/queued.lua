-- Return messages that stand at the broker, the newest of each list first; nothing is changed.
-- KEYS  1 unacked  2 delayed  3.. lists    ARGV  1 text that is in each, or ""  2 how many at most  3 how many of a list are looked at
local found = {}
local function add(item)
  if #found < tonumber(ARGV[2]) and (ARGV[1] == '' or item:find(ARGV[1], 1, true)) then
    found[#found + 1] = item
  end
end
local function holds(key, type)
  return redis.call('TYPE', key).ok == type  -- one key of another type must not hide the messages of others
end
for i = 3, #KEYS do
  if holds(KEYS[i], 'list') then
    for first = 0, ARGV[3] - 1, 100 do
      local part = redis.call('LRANGE', KEYS[i], first, math.min(first + 100, ARGV[3]) - 1)
      for _, item in ipairs(part) do
        add(item)
      end
      if #part < 100 or #found >= tonumber(ARGV[2]) then
        break
      end
    end
  end
end
if holds(KEYS[2], 'zset') then
  for _, parked in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, ARGV[3] - 1)) do
    add(parked:sub((parked:find('\n', 1, true) or 0) + 1))
  end
end
if holds(KEYS[1], 'hash') then
  for _, entry in ipairs(redis.call('HVALS', KEYS[1])) do
    add(entry)
  end
end
return found
