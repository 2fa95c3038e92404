-- Note the task of a call that an overtaken delivery launched, unless it is the one that the operation has adopted.
-- KEYS  1 entry    ARGV  1 label  2 reference of the task
-- Answers 1 when whoever sees to the surplus of the operation has done so already, and the caller must.
local entry = KEYS[1]
local point = PART.task .. ARGV[1]
if redis.call('EXISTS', entry) == 0 or redis.call('HGET', entry, point) == ARGV[2] then
  return 0
end
local known = redis.call('HGET', entry, PART.surplus .. ARGV[1])
redis.call('HSET', entry, PART.surplus .. ARGV[1], (known and known .. '\n' or '') .. ARGV[2])
return redis.call('HEXISTS', entry, FIELD.ended)
