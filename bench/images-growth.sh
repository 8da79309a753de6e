#!/usr/bin/env bash
# Fills one server with more and more tags and measures after each step what the same requests take: they should take the same. Ten times the data may cost 1.3 times.
#
#   bench/images-growth.sh                                    1,000, 10,000 and 100,000 tags: some minutes
#   SIZES="10000 100000 1000000" bench/images-growth.sh       up to a million tags in 10,000 repositories, and as many in one
#   SIZES="200 2000" RUNS=1 REQUESTS=20 bench/images-growth.sh     whether it works
#
# SIZES      how many tags there are at each step, multiples of TAGS, ascending; in repositories of TAGS tags, and as many more in one repository on one manifest
# TAGS       how many tags a repository has (100)
# REQUESTS   how many times each request is measured, one after the other (200); the median of them, and of RUNS such medians (3), is printed
# ORPHANS    how many blobs without an image are uploaded and collected at the end, while others push and pull (100000; 0 for none)
# POSTGRES   a connection string of an empty PostgreSQL database; without it SQLite
#
# Needs: curl and node (Debian packages; installed when root). Everything listens on 127.0.0.1. Everything is pushed over HTTP, twenty tags with a request: rows
# that are put into the database past the server would miss the counters, the usage and the indexes that requests rely on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1:-}" in
  -h | --help)
    sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' bench/images-growth.sh
    exit
    ;;
esac
SIZES=${SIZES:-1000 10000 100000} TAGS=${TAGS:-100} REQUESTS=${REQUESTS:-200} RUNS=${RUNS:-3} ORPHANS=${ORPHANS:-100000}
PORT=18095
. bench/lib.sh
install_missing curl:curl node:nodejs
eng/build.sh Release src/Stagedoor/Stagedoor.csproj

database=()
[ -z "${POSTGRES:-}" ] || database=("STAGEDOOR__Storage__Database=postgresql" "STAGEDOOR__Storage__PostgreSql=$POSTGRES")
# Collections are asked for, so that none falls into a measurement; a blob is left alone for a minute after its upload.
env STAGEDOOR__Gateway__RequestsPerSecond=0 STAGEDOOR__Images__Collector__Enabled=false STAGEDOOR__Images__Collector__LeaseMinutes=1 ${database[@]+"${database[@]}"} \
  dotnet artifacts/bin/Stagedoor/release/stagedoor.dll serve --data "$WORK/stagedoor" --urls "http://127.0.0.1:$PORT" >"$WORK/stagedoor.log" 2>&1 &
SD_PID=$!
pids+=("$SD_PID")
until_answers "http://127.0.0.1:$PORT/readyz" >/dev/null
client() { node bench/images/growth.mjs "http://127.0.0.1:$PORT" "$WORK/stagedoor/first-run.json" "$@"; }

read -ra sizes <<<"$SIZES"
filled=0
# As many repositories as the first step has: a page that is not full costs less.
page=$((sizes[0] / TAGS < 100 ? sizes[0] / TAGS : 100))
for size in "${sizes[@]}"; do
  count=$((size / TAGS))
  [ "$count" -gt "$filled" ] || { echo "SIZES has to ascend, by at least a repository of TAGS=$TAGS tags: $SIZES" >&2; exit 2; }
  echo "Filling up to $size tags" >&2
  client fill "$filled" "$count" "$TAGS" >"$WORK/fill.$size"
  filled=$count
  for n in $(seq 1 "$RUNS"); do
    # Once before, that each step begins warm; what is compiled for the first would else be its alone.
    [ "$n" -gt 1 ] || client measure "$count" "$TAGS" $((REQUESTS / 4 + 1)) "$page" >/dev/null
    client measure "$count" "$TAGS" "$REQUESTS" "$page" >>"$WORK/measured.$size"
  done
  rss_mib "$SD_PID" VmRSS >"$WORK/rss.$size"
  rss_mib "$SD_PID" VmHWM >"$WORK/peak.$size"
done

line() { # label values…: the last by the first at the end
  local label=$1 value
  shift
  printf '%-38s' "$label"
  for value in "$@"; do printf ' %12s' "$value"; done
  printf ' %8s\n' "$([ "$1" = 0 ] || calc "${!#}/$1")"
}
machine
printf '%-38s' "median ms, one client, among tags:"
for size in "${sizes[@]}"; do printf ' %12s' "$size"; done
printf ' %8s\n' ratio
cut -f1 "$WORK/measured.${sizes[0]}" | awk '!seen[$0]++' >"$WORK/labels"
while read -r label; do
  values=()
  for size in "${sizes[@]}"; do values+=("$(awk -F'\t' -v label="$label" '$1==label{print $2}' "$WORK/measured.$size" | median)"); done
  line "$label" "${values[@]}"
done <"$WORK/labels"
for what in "fill:pushed, tags/s, 32 clients" "rss:resident memory, MiB" "peak:… at most so far, MiB"; do
  values=()
  for size in "${sizes[@]}"; do values+=("$(cat "$WORK/${what%%:*}.$size")"); done
  line "${what#*:}" "${values[@]}"
done
read -r count seconds middle most < <(client drop)
echo "A manifest with $count tags is deleted in $seconds s; a push meanwhile takes $middle ms in the median, and $most ms at most."
if [ "$ORPHANS" -gt 0 ]; then
  echo "Uploading $ORPHANS blobs, and waiting until nobody protects them" >&2
  client orphans "$ORPHANS"
  sleep 65
  before=$(rss_mib "$SD_PID" VmRSS)
  # The peak counts from here on.
  echo 5 >"/proc/$SD_PID/clear_refs"
  read -r count seconds middle most pull longest < <(client collect)
  echo "$count blobs that nothing needs are collected in $seconds s; meanwhile a push takes $middle ms in the median and $most ms at most, a pull $pull and $longest;"
  echo "resident memory $before MiB before, $(rss_mib "$SD_PID" VmHWM) at most, $(rss_mib "$SD_PID" VmRSS) after."
fi
