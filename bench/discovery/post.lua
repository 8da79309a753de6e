-- Sends bodies that differ in a running number: KIND is what to register, PREFIX keeps runs apart.
local kind, prefix, n = os.getenv("KIND"), os.getenv("PREFIX"), 0
local head = { ["Content-Type"] = "application/json" }
-- A heartbeat is always the same: the load generator builds it once.
if kind == "beat" then wrk.method = "PUT" end
local function body()
  n = n + 1
  if kind == "service" then
    return wrk.format("POST", nil, head, string.format('{"service":{"appId":"bench","serviceName":"%s-%d","version":"1.0.0","level":"BACK","schemas":["a","b"],"properties":{"k":"v"}}}', prefix, n))
  elseif kind == "same" then
    return wrk.format("POST", nil, head, '{"service":{"appId":"bench","serviceName":"same","version":"1.0.0"}}')
  elseif kind == "instance" then
    return wrk.format("POST", nil, head, string.format('{"instance":{"instanceId":"%s-%d","hostName":"host-%d","endpoints":["rest://10.0.0.1:8080?sslEnabled=false"],"healthCheck":{"mode":"push","interval":3600,"times":3}}}', prefix, n, n))
  elseif kind == "put" then
    -- etcd's JSON gateway takes key and value in base64; the key is a number in digits that are base64 already.
    return wrk.format("POST", nil, head, string.format('{"key":"%08d","value":"%s"}', n, string.rep("QUJD", 64)))
  elseif kind == "get" then
    return wrk.format("POST", nil, head, '{"key":"00000001"}')
  end
end
if kind ~= "beat" then request = body end
