-- wrk -s find.lua URL: asks for traces by id, those of the file IDS in any order, of the project PROJECT with the token TOKEN.
local ids = {}
for line in io.lines(os.getenv("IDS")) do ids[#ids + 1] = line end
math.randomseed(os.time())
local path = "/v1/" .. os.getenv("PROJECT") .. "/ats/traces/"
local headers = { ["X-Auth-Token"] = os.getenv("TOKEN") }

request = function() return wrk.format("GET", path .. ids[math.random(#ids)], headers) end
