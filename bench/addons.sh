#!/usr/bin/env bash
# Measures the add-on manager: rendering, the list of templates, a list of instances, installs into files. Takes about five minutes.
#
#   bench/addons.sh                          everything: 200 templates of 30 versions, 1,000 instances in a cluster of files
#   TEMPLATES=50 VERSIONS=10 INSTANCES=100 bench/addons.sh   smaller
#   ONLY=render bench/addons.sh              only what matches: render, catalogue, install
#
# Where there is a program helm it renders the same chart. Client and server share the machine's cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1-}" in -h | --help) sed -n '2,8p' "$0" | cut -c3-; exit 0 ;; esac
TEMPLATES=${TEMPLATES:-200}
VERSIONS=${VERSIONS:-30}
INSTANCES=${INSTANCES:-1000}
. bench/lib.sh
install_missing curl:curl jq:jq python3:python3
row() { printf '%-64s %12s %10s %10s\n' "$@"; }
machine
row task "rate or MB" "p50 ms" "p99 ms"
if wanted render; then
  CHART=$WORK/chart dotnet run -c Release --project bench/Stagedoor.Benchmarks -- --filter '*RenderBenchmarks*' --artifacts "$WORK/benchmarks" >"$WORK/render" 2>&1 || { tail -20 "$WORK/render" >&2; exit 1; }
  # Method, mean, error, deviation, collections, allocated.
  awk -F'|' '/^\| *(Render|LoadAndRender) /{gsub(/^ +| +$/, "", $2); gsub(/^ +| +$/, "", $3); n = $(NF - 1); gsub(/^ +| +$/, "", n); print $2 "\t" $3 "\t" n}' "$WORK/render" |
    while IFS=$'\t' read -r method mean allocated; do row "a chart of 100 templates: $method, mean $mean, allocates $allocated" "" "" ""; done
  if command -v helm >/dev/null; then
    for _ in $(seq "$RUNS"); do
      from=$(now)
      helm template demo "$WORK/chart" >/dev/null
      calc "($(now)-$from)*1000" >>"$WORK/helm"
      echo >>"$WORK/helm"
    done
    row "the same by helm template, a process each" "" "$(median <"$WORK/helm")" ""
  else
    row "the same by helm template: there is no helm on this machine" "" "" ""
  fi
fi

wanted catalogue || wanted install || exit 0
eng/build.sh Release src/Stagedoor/Stagedoor.csproj
URL=http://127.0.0.1:18085
STAGEDOOR__Discovery__Listen=off STAGEDOOR__Tracing__OtlpHttpListen=off STAGEDOOR__Tracing__OtlpGrpcListen=off STAGEDOOR__Tracing__ZipkinListen=off STAGEDOOR__Tracing__JaegerListen=off \
  STAGEDOOR__Gateway__RequestsPerSecond=0 STAGEDOOR__Addons__MaxVersionsPerAccount=1000000 \
  dotnet artifacts/bin/Stagedoor/release/stagedoor.dll serve --data "$WORK/data" --urls "$URL" >"$WORK/out" 2>"$WORK/log" &
PID=$!
pids+=("$PID")
until_answers "$URL/healthz" >/dev/null
until [ -s "$WORK/data/first-run.json" ]; do sleep 0.1; done
TOKEN=$(curl -s -o /dev/null -D - -H 'Content-Type: application/json' "$URL/v3/auth/tokens" -d "$(jq '{auth: {identity: {methods: ["password"], password: {user: {name: .user, password: .password, domain: {name: .domain}}}}, scope: {project: {name: .project}}}}' "$WORK/data/first-run.json")" |
  sed -n 's/^X-Subject-Token: \(.*\)\r$/\1/ip')
PROJECT=$(jq -r .projectId "$WORK/data/first-run.json")
load() { python3 bench/addons/load.py "$@"; }
list() { # name path: a row
  local p50 p99 bytes items
  read -r p50 p99 bytes items < <(load list "$URL" "$TOKEN" "$2" 100)
  row "$1 ($items items)" "$(calc "$bytes/1000000")" "$p50" "$p99"
}
row "publish, 8 clients, versions/s" "$(load publish "$URL" "$TOKEN" "$TEMPLATES" "$VERSIONS" 8)" "" ""
if wanted catalogue; then
  list "list of $TEMPLATES templates of $VERSIONS versions" /api/v3/addontemplates
  list "the same, the newest of each" "/api/v3/addontemplates?newest=true"
fi
if wanted install; then
  [ "$INSTANCES" -le "$TEMPLATES" ] || row "publish of one version of $INSTANCES templates, versions/s" "$(load publish "$URL" "$TOKEN" "$INSTANCES" 1 8)" "" ""
  read -r rate asked cluster < <(load install "$URL" "$TOKEN" "$PROJECT" "$INSTANCES" 8)
  row "install into files until all run, 8 clients, installs/s" "$rate" "" ""
  row "  of which asked for, requests/s" "$asked" "" ""
  list "list of a cluster's instances" "/api/v3/addons?cluster_id=$cluster"
  list "list of templates that the cluster supports" "/api/v3/addontemplates?cluster_id=$cluster"
fi
row "resident memory, MiB (peak $(rss_mib "$PID" VmHWM))" "$(rss_mib "$PID" VmRSS)" "" ""
