-- Write a field of an entry that exists and has none such. KEYS  1 entry    ARGV  1 field  2 value    Answers 1 when it was written.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
