#!/usr/bin/env bash
# Measures the trace service: durable ingest, bytes a span, memory, traces by id, searches, all of it also while spans come in. Takes about ten minutes with 20 M spans.
#
#   bench/tracing.sh                     1 M spans, then 20 M
#   SPANS="1000000" bench/tracing.sh     only so many
#   ENGINE=postgresql bench/tracing.sh   on a PostgreSQL of its own (eng/postgres.sh), which stays up when it was
#   SETTLE=1 ENGINE=postgresql …         searches only when small blocks have been merged, which takes minutes behind 20 M spans
#   ONLY=ingest bench/tracing.sh         only what matches: ingest, find, search, both
#
# No peer is in Debian; docs/performance.md says what others publish. The sender shares the machine's cores: the processor time of the server counts most.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1-}" in -h | --help) sed -n '2,10p' "$0" | cut -c3-; exit 0 ;; esac
SPANS=${SPANS:-1000000 20000000}
ENGINE=${ENGINE:-sqlite}
RUNS=${RUNS:-3}
. bench/lib.sh
install_missing curl:curl jq:jq wrk:wrk
# As packages and the image have it: compiled ahead, which a processor that is busy with spans would else do for minutes.
dotnet publish src/Stagedoor/Stagedoor.csproj -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" --self-contained false -o "$WORK/app" --nologo -v quiet >/dev/null
dotnet build -c Release bench/tracing/load.cs --nologo -v quiet -o "$WORK/load" >/dev/null
load() { dotnet "$WORK/load/load.dll" "$@"; }
of() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p"; }
URL=http://127.0.0.1:18080
export STAGEDOOR__Discovery__Listen=off STAGEDOOR__Tracing__OtlpHttpListen=http://127.0.0.1:14318 STAGEDOOR__Tracing__ZipkinListen=off STAGEDOOR__Tracing__MaxBytesInFlight=536870912
grpc=
if grep -q OtlpGrpcListen src/Stagedoor.Tracing/TracingOptions.cs; then
  export STAGEDOOR__Tracing__OtlpGrpcListen=http://127.0.0.1:14317
  grpc=http://127.0.0.1:14317
fi
grep -q JaegerListen src/Stagedoor.Tracing/TracingOptions.cs && export STAGEDOOR__Tracing__JaegerListen=off
KEY=bench-$(head -c 18 /dev/urandom | base64 | tr -dc a-zA-Z0-9)
export KEY STAGEDOOR__Tracing__Keys__0__Key=$KEY STAGEDOOR__Gateway__RequestsPerSecond=0
if [ "$ENGINE" = postgresql ]; then
  server=$(eng/postgres.sh start | tail -1)
  server=${server#*=}
  name=bench_tracing_$$
  login=$(sed 's/Host=/host=/; s/;Port=/ port=/; s/;Username=/ user=/; s/;Password=/ password=/; s/;Database=.*//' <<<"$server")
  psql "$login dbname=postgres" -qc "CREATE DATABASE $name" >/dev/null
  export STAGEDOOR__Storage__Database=postgresql STAGEDOOR__Storage__PostgreSql="${server%Database=*}Database=$name"
fi

dotnet "$WORK/app/stagedoor.dll" serve --data "$WORK/data" --urls "$URL" >"$WORK/out" 2>"$WORK/log" &
PID=$!
pids+=("$PID")
until_answers "$URL/healthz" >/dev/null
first() { jq -r ".$1" "$WORK/data/first-run.json"; }
token() {
  curl -s -o /dev/null -D - -H 'Content-Type: application/json' "$URL/v3/auth/tokens" -d "$(jq '{auth: {identity: {methods: ["password"], password: {user: {name: .user, password: .password, domain: {name: .domain}}}}, scope: {project: {name: .project}}}}' "$WORK/data/first-run.json")" |
    sed -n 's/^X-Subject-Token: \(.*\)\r$/\1/ip'
}
latency() { awk -v of="$1" '$1 == of{v = $2; print v ~ /us$/ ? v / 1000 : v ~ /ms$/ ? v + 0 : v * 1000}' "$WORK/found"; }
small_blocks() { # blocks of today that are still to be merged
  psql "$login dbname=$name" -Atqc "SELECT count(*) FROM tracing.span_block_$(date -u +%Y%m%d) WHERE spans < 16384"
}
row() { printf '%-46s %14s %12s %10s %10s\n' "$@"; }
machine
echo "Engine: $ENGINE"
row task "spans or req/s" "CPU us/span" "p50 ms" "p99 ms"
touch "$WORK/ids"
to=http://127.0.0.1:14318
if wanted ingest; then
  # Until it is compiled for what it does: as soon as two loads in a row cost the same.
  before=0
  for _ in $(seq 12); do
    cost=$(load send "$to" http 4 2 4 "$PID" "$WORK/ids" | of cpu)
    awk "BEGIN{exit !($cost > 0.95 * $before && $cost < 1.05 * $before)}" && break
    before=$cost
  done
  for senders in 1 4; do
    for protocol in http grpc; do
      [ "$protocol" = http ] && at=$to || at=$grpc
      [ -n "$at" ] || continue
      : >"$WORK/sent"
      for _ in $(seq "$RUNS"); do load send "$at" "$protocol" "$senders" 2 "$SECONDS_PER_LOAD" "$PID" "$WORK/ids" >>"$WORK/sent"; done
      row "ingest, OTLP by $protocol, $senders sender(s)" "$(of rate <"$WORK/sent" | median)" "$(of cpu <"$WORK/sent" | median)" "$(of p50 <"$WORK/sent" | median)" "$(of p99 <"$WORK/sent" | median)"
    done
  done
fi
for spans in $SPANS; do
  load send "$to" http 4 2 "$spans" "$PID" "$WORK/ids" >"$WORK/fill"
  row "fill to some $spans more" "$(of rate <"$WORK/fill")" "$(of cpu <"$WORK/fill")" "$(of p50 <"$WORK/fill")" "$(of p99 <"$WORK/fill")"
  TOKEN=$(token)
  if wanted find; then
    # wrk, since a client that parses answers takes as much of the processor as the server.
    for connections in 2 32; do
      cpu=$(cpu "$PID")
      TOKEN=$TOKEN PROJECT=$(first projectId) IDS=$WORK/ids wrk -t1 -c"$connections" -d"${SECONDS_PER_LOAD}s" --latency -s bench/tracing/find.lua "$URL" >"$WORK/found"
      us=$(awk -v before="$cpu" -v after="$(cpu "$PID")" '/requests in/{printf "%.0f", (after - before) * 1000000 / $1}' "$WORK/found")
      row "trace by id, $connections connections ($(awk '/Non-2xx/{n = $NF} END{print n + 0}' "$WORK/found") missing)" "$(awk '/Requests\/sec/{print $2}' "$WORK/found")" "$us" "$(latency 50%)" "$(latency 99%)"
    done
  fi
  if wanted search; then
    [ -z "${SETTLE-}" ] || [ "$ENGINE" != postgresql ] || until [ "$(small_blocks)" -lt 64 ]; do sleep 5; done
    load search "$URL" "$TOKEN" "$(first projectId)" 50 "$PID" >"$WORK/searched"
    while read -r line; do row "search: $(of search <<<"$line") ($(of rows <<<"$line") rows, $(of cpu <<<"$line") ms CPU)" "" "" "$(of p50 <<<"$line")" "$(of p99 <<<"$line")"; done <"$WORK/searched"
  fi
  if wanted both; then
    load send "$to" http 2 1 "$SECONDS_PER_LOAD" "$PID" "$WORK/ids" >"$WORK/sent" &
    load find "$URL" "$TOKEN" "$(first projectId)" "$WORK/ids" 1 "$((SECONDS_PER_LOAD - 1))" >"$WORK/found"
    wait $!
    row "both: ingest by 2 senders" "$(of rate <"$WORK/sent")" "$(of cpu <"$WORK/sent")" "$(of p50 <"$WORK/sent")" "$(of p99 <"$WORK/sent")"
    row "both: trace by id, 1 client" "$(of rate <"$WORK/found")" "" "$(of p50 <"$WORK/found")" "$(of p99 <"$WORK/found")"
  fi
  row "resident memory, MiB (peak $(rss_mib "$PID" VmHWM))" "$(rss_mib "$PID" VmRSS)" "" "" ""
  [ "$ENGINE" != sqlite ] || row "on the disk, MiB" "$(du -sm "$WORK/data/traces" | cut -f1)" "" "" ""
done
