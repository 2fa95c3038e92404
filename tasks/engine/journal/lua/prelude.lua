-- Stands before the text of every script, behind the tables FIELD, PART, PHASE, CLAIM, CANCEL and OUTCOME that `scripts.py` makes of the record.
local function seconds()
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end
-- Return whether a key holds an entry. Scripts that meet ids in sets ask first: one key of another type must not stop what is done for all others.
local function is_entry(key)
  return redis.call('TYPE', key).ok == 'hash'
end
-- Return whether a key holds the entry of an operation that has begun and has not ended.
local function is_open(key)
  return is_entry(key) and redis.call('HEXISTS', key, FIELD.message) == 1 and redis.call('HEXISTS', key, FIELD.ended) == 0
end
-- Return whether a key holds the result of a success, by its beginning: clients delete results, and something else may be there.
local function is_success(key)
  return redis.call('TYPE', key).ok == 'string' and redis.call('GETRANGE', key, 0, 99):find('"SUCCESS"', 1, true)
end
-- Lengthen the lifetime of a key to so many seconds at least.
local function keep(key, lifetime)
  if redis.call('TTL', key) < tonumber(lifetime) then
    redis.call('EXPIRE', key, lifetime)
  end
end
-- Number a sending of an operation's message, and note when to look whether it was claimed. Returns the number.
local function send(entry, id, landing, deliveries, look_at)
  local number = redis.call('HINCRBY', deliveries, 'number', 1)
  redis.call('HSET', entry, FIELD.sending, number)
  redis.call('HDEL', entry, FIELD.passed)
  redis.call('ZADD', landing, look_at, id)
  return number
end
-- Refuse a writer whose claim is over.
local function overtaken(entry, token)
  return redis.call('HGET', entry, FIELD.fencing_token) ~= token
end
-- Return the limit of calls in flight now: that of the profile, unless XenServer refused calls lately.
local function limit_of(limit)
  local most = tonumber(redis.call('HGET', limit, 'most') or '1')
  return math.floor(math.min(tonumber(redis.call('HGET', limit, 'now') or most), most))
end
-- Remove operations that ended, or whose entry is gone, from the oldest members of a set of calls.
local function forget_ended(calls, entries)
  for _, id in ipairs(redis.call('ZRANGE', calls, 0, 99)) do
    if not is_open(entries .. id) then
      redis.call('ZREM', calls, id)
    end
  end
end
-- Remove them from the calls of a target, once a second at most.
local function forget_ended_calls(calls, entries)
  if redis.call('SET', calls .. ':limit:checked', '1', 'NX', 'EX', 1) then
    forget_ended(calls .. ':in_flight', entries)
    forget_ended(calls .. ':waiting', entries)
  end
end
-- Give the free places among the calls of a target to those that wait longest. Returns their ids.
local function admit_waiting(calls, entries, now)
  local in_flight, waiting, limit = calls .. ':in_flight', calls .. ':waiting', calls .. ':limit'
  local admitted = {}
  while redis.call('ZCARD', in_flight) < limit_of(limit) do
    local next_id = redis.call('ZPOPMIN', waiting)[1]
    if not next_id then
      break
    end
    if is_open(entries .. next_id) then
      redis.call('ZADD', in_flight, now, next_id)
      admitted[#admitted + 1] = next_id
    end
  end
  return admitted
end
-- Release the place of an operation among the calls of its target. Returns the ids that get places now.
local function release_call(entry, id, entries, now)
  local calls = redis.call('HGET', entry, FIELD.calls) or ''
  if calls == '' then
    return {}
  end
  redis.call('HSET', entry, FIELD.calls, '')
  redis.call('ZREM', calls .. ':in_flight', id)
  redis.call('ZREM', calls .. ':waiting', id)
  return admit_waiting(calls, entries, now)
end
-- Raise the limit of the target of a call that ended: by one when as many calls as the limit have ended.
local function raise_limit(entry)
  local calls = redis.call('HGET', entry, FIELD.calls) or ''
  local known = calls ~= '' and redis.call('HGET', calls .. ':limit', 'now')
  if known then
    redis.call('HSET', calls .. ':limit', 'now', known + 1 / known)
  end
end
-- Count the end of an operation and the seconds it took, of a new kind where there are very many under the other name.
local function count_end(counters, kind, other, took)
  if redis.call('HEXISTS', counters, 'ended\n' .. kind) == 0 and redis.call('HLEN', counters) >= 2000 then
    kind = other
  end
  redis.call('HINCRBY', counters, 'ended\n' .. kind, 1)
  redis.call('HINCRBYFLOAT', counters, 'seconds\n' .. kind, took)
  keep(counters, 2592000)
end
