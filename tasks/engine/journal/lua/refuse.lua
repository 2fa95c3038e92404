-- Note at an operation that another message under its id was refused. KEYS  1 entry    ARGV  1 why
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], FIELD.refused, ARGV[1])
  redis.call('HINCRBY', KEYS[1], FIELD.refusals, 1)
end
return 1
