-- Delete a stored end that is no success, as its operation is about to begin anew. It may have done so already, and succeeded. KEYS  1 result
if redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GETRANGE', KEYS[1], 0, 99):find('"SUCCESS"', 1, true) then
  return 0
end
return redis.call('DEL', KEYS[1])
