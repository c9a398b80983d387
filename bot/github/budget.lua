-- One step in the budget of an installation. Redis does nothing else meanwhile, so that of all workers
-- one writes at a time. Waits are in seconds, as text; 0 is now.
local queue, promised, reads, writes, made, state = unpack(KEYS)
local step, now, limits = ARGV[1], tonumber(ARGV[2]), cjson.decode(ARGV[3])
-- places in the queue: what answers a person before bulk, and what creates nothing first, since the hour's
-- creations may be used up
local CREATES, BULK = 1e12, 2e12

local function noted(name)
  return tonumber(redis.call('HGET', state, name) or nil)
end

local function note(name, value)
  redis.call('HSET', state, name, value)
end

local function add(log)
  redis.call('ZADD', log, now, redis.call('HINCRBY', state, 'count', 1))
end

local function nth(log, place)
  return tonumber(redis.call('ZRANGE', log, place, place, 'WITHSCORES')[2])
end

-- when GitHub takes anything at all from us, as far as we were told
local function opens(bulk)
  local left, at = noted('remaining'), math.max(now, noted('blocked') or 0)
  if left and left <= (bulk and noted('most') * limits.spare_requests or 0) then
    at = math.max(at, noted('reset'))
  end
  return at
end

-- when the minute has room for a request of this cost
local function affordable(cost, bulk)
  local spent = redis.call('ZCARD', reads) * limits.read + redis.call('ZCARD', writes) * limits.write
  if spent + cost <= limits.points - (bulk and limits.spare_points or 0) then
    return now
  end
  return math.min(nth(reads, 0) or now, nth(writes, 0) or now) + limits.minute
end

-- when the hour has room for one more creation after `ahead` others: each place is free again an hour later
local function creatable(ahead, bulk)
  local count = redis.call('ZCARD', made)
  local over = count + ahead - (limits.creations - (bulk and limits.spare_creations or 0))
  if count == 0 or over < 0 then
    return now
  end
  return nth(made, over % count) + limits.hour * (1 + math.floor(over / count))
end

local function forget()
  redis.call('ZREMRANGEBYSCORE', reads, '-inf', now - limits.minute)
  redis.call('ZREMRANGEBYSCORE', writes, '-inf', now - limits.minute)
  redis.call('ZREMRANGEBYSCORE', made, '-inf', now - limits.hour)
  for _, late in ipairs(redis.call('ZRANGEBYSCORE', promised, '-inf', now - limits.late)) do
    redis.call('ZREM', queue, late)
    redis.call('ZREM', promised, late)
  end
end

-- the ticket's place in the queue, kept from its first time on
local function place_of(ticket, first, creates)
  local place = tonumber(redis.call('ZSCORE', queue, ticket) or nil)
  if not place or (first and place >= BULK) then
    place = redis.call('HINCRBY', state, 'count', 1) + (first and 0 or BULK) + (creates and CREATES or 0)
    redis.call('ZADD', queue, place, ticket)
  end
  return place
end

-- whether somebody with a better place is expected now
local function must_yield(place)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', promised, '-inf', now)) do
    if tonumber(redis.call('ZSCORE', queue, other)) < place then
      return true
    end
  end
  return false
end

local function leave(ticket)
  redis.call('ZREM', queue, ticket)
  redis.call('ZREM', promised, ticket)
end

local function give_up_writing(ticket)
  if redis.call('HGET', state, 'writer') == ticket then
    redis.call('HDEL', state, 'writer', 'writing')
  end
end

local function write(ticket, creates)
  leave(ticket)
  add(writes)
  if creates then
    add(made)
  end
  note('last', now)
  note('writer', ticket)
  note('writing', now + limits.writing)
  return 0
end

local steps = {}

function steps.read(bulk)
  bulk = bulk == '1'
  local wait = opens(bulk) - now
  if noted('unlimited') ~= 1 then
    wait = math.max(wait, affordable(limits.read, bulk) - now)
  end
  if wait <= 0 then
    add(reads)
  end
  return wait
end

function steps.turn(ticket, first, creates)
  creates = creates == '1'
  if noted('unlimited') == 1 then
    local wait = opens(false) - now
    return wait > 0 and wait or write(ticket, creates)
  end
  local place = place_of(ticket, first == '1', creates)
  local ahead, bulk = redis.call('ZRANK', queue, ticket), place >= BULK
  local at = math.max(opens(bulk), (noted('last') or 0) + limits.second, affordable(limits.write, bulk))
  if redis.call('HGET', state, 'writer') ~= ticket then
    at = math.max(at, noted('writing') or 0)
  end
  if creates and creatable(0, bulk) > now then
    at = math.max(at, creatable(ahead, bulk))
  end
  if at <= now and not must_yield(place) then
    return write(ticket, creates)
  end
  at = at + ahead * limits.second
  redis.call('ZADD', promised, at, ticket)
  return at - now
end

-- an answer came, to a write of this ticket or to a read; `most` is 0 on a server without limits, and nothing is
-- known of `remaining` where it is empty
function steps.heard(ticket, wrote, most, remaining, reset)
  note('unlimited', tonumber(most) > 0 and 0 or 1)
  if remaining ~= '' then
    note('most', most)
    note('remaining', remaining)
    note('reset', reset)
  end
  if wrote == '1' then
    redis.call('HDEL', state, 'guesses')
    give_up_writing(ticket)
  end
  return 0
end

-- a limit was hit; where GitHub did not say for how long, each guess is twice the one before
function steps.refused(ticket, wrote, seconds, named)
  seconds = tonumber(seconds)
  if named == '1' then
    redis.call('HDEL', state, 'guesses')
  else
    local times = redis.call('HINCRBY', state, 'guesses', 1)
    seconds = math.min(limits.longest_guess, limits.guess * 2 ^ (times - 1))
  end
  note('blocked', math.max(now + seconds, noted('blocked') or 0))
  if wrote == '1' then
    give_up_writing(ticket)
    place_of(ticket, true, true)
    redis.call('ZADD', promised, now + seconds, ticket)
  end
  return seconds
end

-- the ticket's job is done
function steps.leave(ticket)
  leave(ticket)
  give_up_writing(ticket)
  return 0
end

forget()
local wait = steps[step](unpack(ARGV, 4))
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, 2 * limits.hour)
end
return tostring(wait)
