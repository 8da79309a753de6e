#!/usr/bin/env bash
# Runs the microservice registry beside nginx and etcd on this machine and prints a table with ratios. Takes about ten minutes.
#
#   bench/discovery.sh                                everything
#   RUNS=3 INSTANCES=20000 bench/discovery.sh         fewer and smaller
#   ONLY=find bench/discovery.sh                      only what matches: register, heartbeat, find, watch, many
#
# Needs: nginx-light, wrk, curl, node, etcd-server, etcd-client (Debian packages; installed when root). Everything listens on 127.0.0.1.
# Clients and servers share the machine's cores: ratios count. "nginx small" is a file of 500 bytes with the same load generator.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
INSTANCES=${INSTANCES:-100000}
SD_PORT=18090 NG_PORT=18092 ET_PORT=18093
BASE=http://127.0.0.1:$SD_PORT/v4/default/registry
. bench/lib.sh
install_missing nginx:nginx-light wrk:wrk curl:curl node:nodejs etcd:etcd-server etcdctl:etcd-client
eng/build.sh Release src/Stagedoor/Stagedoor.csproj

row() { printf '%-44s %11s %11s %11s   %s\n' "$@"; }
start_nginx $NG_PORT
etcd --data-dir "$WORK/etcd" --listen-client-urls "http://127.0.0.1:$ET_PORT" --advertise-client-urls "http://127.0.0.1:$ET_PORT" \
  --listen-peer-urls http://127.0.0.1:18094 --log-level error >"$WORK/etcd.log" 2>&1 &
pids+=("$!")
# Quotas out of the way; else the 50,001st microservice would be refused.
STAGEDOOR__Discovery__Quotas__Services=10000000 STAGEDOOR__Discovery__Quotas__Instances=10000000 \
  dotnet artifacts/bin/Stagedoor/release/stagedoor.dll serve --data "$WORK/stagedoor" --urls "http://127.0.0.1:$SD_PORT" >"$WORK/stagedoor.log" 2>&1 &
SD_PID=$!
pids+=("$SD_PID")
until_answers "http://127.0.0.1:$SD_PORT/healthz" >/dev/null
until_answers "http://127.0.0.1:$NG_PORT/small" >/dev/null
until_answers "http://127.0.0.1:$ET_PORT/health" >/dev/null

service() { curl -sf "$BASE/microservices" -d "{\"service\":{\"appId\":\"bench\",\"serviceName\":\"$1\",\"version\":\"1.0.0\"}}" | sed 's/.*:"\(.*\)".*/\1/'; }
small() { load "$WORK/small" -c32 "http://127.0.0.1:$NG_PORT/small"; }
compare_small() { # name file: a row beside nginx small
  local a c
  a=$(median <"$2.rate") c=$(median <"$WORK/small.rate")
  row "$1, requests/s" "$a" "$c" "" "$(calc "$a/$c") x nginx small"
  row "  p50/p99, ms" "$(times "$2")" "$(times "$WORK/small")" "" ""
}

machine
row task stagedoor "nginx small" etcd ratio

if wanted register; then
  target=$(service target)
  for n in $(seq 1 "$RUNS"); do
    KIND=service PREFIX=s$n load "$WORK/service" -c64 -s bench/discovery/post.lua "$BASE/microservices"
    KIND=instance PREFIX=i$n load "$WORK/instance" -c64 -s bench/discovery/post.lua "$BASE/microservices/$target/instances"
    KIND=same load "$WORK/same" -c32 -s bench/discovery/post.lua "$BASE/microservices"
    KIND=put load "$WORK/put" -c64 -s bench/discovery/post.lua "http://127.0.0.1:$ET_PORT/v3/kv/put"
    KIND=get load "$WORK/get" -c32 -s bench/discovery/post.lua "http://127.0.0.1:$ET_PORT/v3/kv/range"
    small
  done
  b=$(median <"$WORK/put.rate")
  for what in service instance; do
    a=$(median <"$WORK/$what.rate")
    row "register $what, durable, 64 clients, /s" "$a" "" "$b" "$(calc "$a/$b") x etcd put by its JSON gateway"
    row "  p50/p99, ms" "$(times "$WORK/$what")" "" "$(times "$WORK/put")" ""
  done
  # At its aim the tool says "Throughput is N", below it "Throughput too low: N". It runs for a minute.
  perf=$(etcdctl --endpoints "http://127.0.0.1:$ET_PORT" check perf --load=xl 2>&1 | sed -n 's/.*Throughput[^0-9]*\([0-9][0-9]*\).*/\1/p' | head -1 || true)
  [ -z "$perf" ] || row "etcd put by gRPC (etcdctl check perf xl), /s" "" "" "$perf" "$(calc "$(median <"$WORK/instance.rate")/$perf") x for instances"
  compare_small "register the same service again" "$WORK/same"
  row "etcd get by its JSON gateway, requests/s" "" "" "$(median <"$WORK/get.rate")" ""
fi

if wanted heartbeat; then
  beating=$(service beating)
  node bench/discovery/fill.mjs "$BASE" "$beating" 1 beat >/dev/null
  for _ in $(seq 1 "$RUNS"); do
    KIND=beat load "$WORK/beat" -c32 -s bench/discovery/post.lua "$BASE/microservices/$beating/instances/beat0/heartbeat"
    small
  done
  compare_small heartbeat "$WORK/beat"
fi

if wanted find; then
  for count in 1 100 1000; do
    node bench/discovery/fill.mjs "$BASE" "$(service "find$count")" "$count" f >/dev/null
    for _ in $(seq 1 "$RUNS"); do
      load "$WORK/find$count" -c32 "$BASE/instances?appId=bench&serviceName=find$count&version=0%2B"
      small
    done
    compare_small "find, $count instances" "$WORK/find$count"
  done
  revision=$(curl -s -o /dev/null -D - "$BASE/instances?appId=bench&serviceName=find100&version=0%2B" | tr -d '\r' | awk 'tolower($1)=="x-resource-revision:"{print $2}')
  for _ in $(seq 1 "$RUNS"); do
    load "$WORK/same304" -c32 "$BASE/instances?appId=bench&serviceName=find100&version=0%2B&rev=$revision"
    small
  done
  compare_small "find, nothing new (304)" "$WORK/same304"
fi

if wanted watch; then
  provider=$(service watched) consumer=$(service watching)
  node bench/discovery/fill.mjs "$BASE" "$provider" 1 w >/dev/null
  curl -sf -o /dev/null -H "X-ConsumerId: $consumer" "$BASE/instances?appId=bench&serviceName=watched"
  for watchers in 1000 5000; do
    read -r middle most < <(node bench/discovery/watch.mjs "$BASE" "$consumer" "$provider" w0 "$watchers" 20)
    row "change to last of $watchers watchers, ms" "$middle" "" "" "median; at most $most"
  done
fi

if wanted many; then
  crowd=$(service crowd)
  first=$(node bench/discovery/fill.mjs "$BASE" "$crowd" 5000 a)
  node bench/discovery/fill.mjs "$BASE" "$crowd" "$INSTANCES" b >/dev/null
  last=$(node bench/discovery/fill.mjs "$BASE" "$crowd" 5000 c)
  row "register, first 5000, /s" "$first" "" "" ""
  row "register, 5000 on top of $INSTANCES, /s" "$last" "" "" "$(calc "$last/$first") x the first"
  row "RSS with $INSTANCES instances, MiB" "$(rss_mib "$SD_PID" VmRSS)" "" "" "peak $(rss_mib "$SD_PID" VmHWM)"
fi
