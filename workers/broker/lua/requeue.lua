-- Put a dead letter into its queue again. KEYS  1 dead letters  2 list    ARGV  1 letter  2 message    Answers 0 when it is there no longer.
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then
  return 0
end
redis.call('LPUSH', KEYS[2], ARGV[2])
return 1
