-- Show the progress of parked operations: in the journal and, unpublished, in the result backend, as long as they are parked.
-- KEYS  1 parked    ARGV  1 prefix of entries  2 prefix of results  3 lifetime of a result (s)  4.. reference, progress, result document with "%ID%" where the id belongs
for i = 4, #ARGV, 3 do
  local parked = redis.call('HGET', KEYS[1], ARGV[i])
  for id in (parked or ''):gmatch('([^\n]*)/[^/\n]*') do
    local entry = ARGV[1] .. id
    if is_entry(entry) then
      redis.call('HSET', entry, FIELD.progress, ARGV[i + 1])
      if redis.call('HEXISTS', entry, FIELD.answered) == 0 then
        local document = ARGV[i + 2]:gsub('"%%ID%%"', function() return cjson.encode(id) end)
        redis.call('SET', ARGV[2] .. id, document, 'EX', ARGV[3])
      end
    end
  end
end
return 1
