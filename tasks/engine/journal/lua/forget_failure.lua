-- Delete a stored end that is no success, as its operation is about to begin anew. It may have done so already, and succeeded. KEYS  1 result
if is_success(KEYS[1]) then
  return 0
end
return redis.call('DEL', KEYS[1])
