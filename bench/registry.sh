#!/usr/bin/env bash
# Runs Stagedoor beside Debian's docker-registry and nginx on this machine and prints a table with ratios. Takes about ten minutes.
#
#   bench/registry.sh             everything
#   RUNS=3 SIZE_MIB=256 bench/registry.sh      fewer and smaller
#   ONLY=push bench/registry.sh                only what matches: push, pull, cold, get, start
#
# Needs: docker-registry, nginx-light, wrk, curl, openssl, python3 (Debian packages; installed when root). Everything listens on 127.0.0.1.
# Clients and servers share the machine's cores. Disk speed varies between runs: look at medians and ratios, at CPU seconds first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
SIZE_MIB=${SIZE_MIB:-1024}
SD_PORT=18080 DR_PORT=18081 NG_PORT=18082
. bench/lib.sh
install_missing docker-registry:docker-registry nginx:nginx-light wrk:wrk curl:curl openssl:openssl python3:python3
eng/build.sh Release src/Stagedoor/Stagedoor.csproj

row() { printf '%-34s %12s %12s %12s   %s\n' "$@"; }
# --- servers ---------------------------------------------------------------------------------------------------------------------------
start_stagedoor() {
  dotnet artifacts/bin/Stagedoor/release/stagedoor.dll serve --data "$WORK/stagedoor" --urls "http://127.0.0.1:$SD_PORT" >"$WORK/stagedoor.log" 2>&1 &
  SD_PID=$!
  pids+=("$SD_PID")
}
cat >"$WORK/registry.yml" <<Y
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $WORK/registry}, delete: {enabled: true}}
http: {addr: 127.0.0.1:$DR_PORT}
Y
docker-registry serve "$WORK/registry.yml" >"$WORK/registry.log" 2>&1 &
DR_PID=$!
pids+=("$DR_PID")
start_nginx $NG_PORT
start_stagedoor
until_answers "http://127.0.0.1:$SD_PORT/healthz" >/dev/null
until_answers "http://127.0.0.1:$DR_PORT/v2/" >/dev/null
until_answers "http://127.0.0.1:$NG_PORT/small" >/dev/null
first() { sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" "$WORK/stagedoor/first-run.json"; }
login="$(first registryUser):$(first registryKey)"
token() {
  curl -s -u "$login" "http://127.0.0.1:$SD_PORT/swr/auth/v2/registry/auth?service=dockyard&scope=repository:bench/app:pull,push" |
    sed 's/.*"token":"\([^"]*\)".*/\1/'
}
# The token lives 15 minutes: take a new one before each group.
header_of() { if [ "$1" = sd ]; then echo "Authorization: Bearer $(token)"; else echo "X-Nothing: 1"; fi; }
base_of() { if [ "$1" = sd ]; then echo "http://127.0.0.1:$SD_PORT"; else echo "http://127.0.0.1:$DR_PORT"; fi; }
pid_of() { if [ "$1" = sd ]; then echo "$SD_PID"; else echo "$DR_PID"; fi; }

machine
row task stagedoor registry nginx ratio

# --- push ------------------------------------------------------------------------------------------------------------------------------
blob() { openssl enc -aes-128-ctr -pass "pass:$1" -nosalt -in /dev/zero 2>/dev/null | head -c "$((SIZE_MIB << 20))" >"$2" || true; }
# One client for both ways: a process a chunk would cost more than the chunk.
push_monolithic() { python3 bench/registry/push.py "$(base_of "$1")" "$2" "$3" "$4"; } # server header file digest
push_chunked() { python3 bench/registry/push.py "$(base_of "$1")" "$2" "$3" "$4" 16; }
if wanted push; then
  for kind in monolithic chunked; do
    for n in $(seq 1 "$RUNS"); do
      blob "$kind$n" "$WORK/blob"
      digest=sha256:$(sha256sum "$WORK/blob" | cut -d' ' -f1)
      for server in sd dr; do
        # Whoever comes first would else write back the blob's own pages while it is timed.
        sync
        header=$(header_of $server) before=$(cpu "$(pid_of $server)") from=$(now)
        "push_$kind" $server "$header" "$WORK/blob" "$digest"
        calc "$SIZE_MIB*1.048576/($(now)-$from)" >>"$WORK/$kind.$server.speed"; echo >>"$WORK/$kind.$server.speed"
        calc "($(cpu "$(pid_of $server)")-$before)*1024/$SIZE_MIB" >>"$WORK/$kind.$server.cpu"; echo >>"$WORK/$kind.$server.cpu"
      done
    done
    a=$(median <"$WORK/$kind.sd.speed") b=$(median <"$WORK/$kind.dr.speed")
    row "push $SIZE_MIB MiB $kind, MB/s" "$a" "$b" "" "$(calc "$a/$b") x registry"
    a=$(median <"$WORK/$kind.sd.cpu") b=$(median <"$WORK/$kind.dr.cpu")
    row "  CPU-s/GiB" "$a" "$b" "" "$(calc "$a/$b")"
  done
  row "chunked to monolithic" "$(calc "$(median <"$WORK/chunked.sd.speed")/$(median <"$WORK/monolithic.sd.speed")")" "$(calc "$(median <"$WORK/chunked.dr.speed")/$(median <"$WORK/monolithic.dr.speed")")" "" ""
fi

# --- pull ------------------------------------------------------------------------------------------------------------------------------
blob pull "$WORK/www/blob"
digest=sha256:$(sha256sum "$WORK/www/blob" | cut -d' ' -f1)
for server in sd dr; do push_monolithic $server "$(header_of $server)" "$WORK/www/blob" "$digest"; done
pull() { # url header clients: MB/s
  local from jobs=()
  from=$(now)
  for _ in $(seq 1 "$3"); do curl -sf -H "$2" -o /dev/null "$1" & jobs+=("$!"); done
  for job in "${jobs[@]}"; do wait "$job"; done
  calc "$3*$SIZE_MIB*1.048576/($(now)-$from)"
}
if wanted pull; then
  for clients in 1 4 16; do
    for _ in $(seq 1 "$RUNS"); do
      for server in sd dr ng; do
        case $server in
          ng) url=http://127.0.0.1:$NG_PORT/blob header="X-Nothing: 1" ;;
          *) url=$(base_of $server)/v2/bench/app/blobs/$digest header=$(header_of $server) ;;
        esac
        [ $server = ng ] || before=$(cpu "$(pid_of $server)")
        pull "$url" "$header" "$clients" >>"$WORK/pull$clients.$server"; echo >>"$WORK/pull$clients.$server"
        [ $server = ng ] || { calc "($(cpu "$(pid_of $server)")-$before)*1024/$SIZE_MIB/$clients"; echo; } >>"$WORK/pull$clients.$server.cpu"
      done
    done
    a=$(median <"$WORK/pull$clients.sd") b=$(median <"$WORK/pull$clients.dr") c=$(median <"$WORK/pull$clients.ng")
    row "pull $SIZE_MIB MiB, $clients clients, MB/s" "$a" "$b" "$c" "$(calc "$a/$b") x registry, $(calc "$a/$c") x nginx"
    a=$(median <"$WORK/pull$clients.sd.cpu") b=$(median <"$WORK/pull$clients.dr.cpu")
    row "  CPU-s/GiB" "$a" "$b" "" "$(calc "$a/$b")"
  done
fi

# The first pull after a push reads from the disk: uploads go past Stagedoor's page cache. So that both do, neither has anything of its blobs in memory.
cool() { # folder
  python3 - "$1" <<'P'
import os, sys

for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        file = os.open(os.path.join(folder, name), os.O_RDONLY)
        # Only what is written back can be forgotten.
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
P
}
if wanted cold; then
  for _ in $(seq 1 "$RUNS"); do
    for server in sd dr; do
      header=$(header_of $server)
      if [ $server = sd ]; then cool "$WORK/stagedoor/blobs"; else cool "$WORK/registry"; fi
      before=$(cpu "$(pid_of $server)")
      pull "$(base_of $server)/v2/bench/app/blobs/$digest" "$header" 1 >>"$WORK/cold.$server"; echo >>"$WORK/cold.$server"
      calc "($(cpu "$(pid_of $server)")-$before)*1024/$SIZE_MIB" >>"$WORK/cold.$server.cpu"; echo >>"$WORK/cold.$server.cpu"
    done
  done
  a=$(median <"$WORK/cold.sd") b=$(median <"$WORK/cold.dr")
  row "pull $SIZE_MIB MiB from disk, MB/s" "$a" "$b" "" "$(calc "$a/$b") x registry"
  a=$(median <"$WORK/cold.sd.cpu") b=$(median <"$WORK/cold.dr.cpu")
  row "  CPU-s/GiB" "$a" "$b" "" "$(calc "$a/$b")"
fi

# --- requests per second ---------------------------------------------------------------------------------------------------------------
get() { # url header file
  load "$3" -c32 -H "$2" -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$1"
}
if wanted get; then
  config='{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}'
  printf '%s' "$config" >"$WORK/config.json"
  config_digest=sha256:$(sha256sum "$WORK/config.json" | cut -d' ' -f1)
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},"layers":[]}' \
    "$config_digest" "$(stat -c %s "$WORK/config.json")" >"$WORK/manifest.json"
  manifest_digest=sha256:$(sha256sum "$WORK/manifest.json" | cut -d' ' -f1)
  for server in sd dr; do
    header=$(header_of $server)
    push_monolithic $server "$header" "$WORK/config.json" "$config_digest"
    for n in $(seq 1 100); do
      curl -sf -o /dev/null -X PUT -H "$header" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary "@$WORK/manifest.json" \
        "$(base_of $server)/v2/bench/app/manifests/v$n"
    done
  done
  for what in manifests/v1 "manifests/$manifest_digest" tags/list; do
    name=${what%%sha256*}
    [ "$name" = manifests/ ] && name="manifests/DIGEST"
    file=$WORK/${name//\//-}
    for _ in $(seq 1 "$RUNS"); do
      for server in sd dr; do get "$(base_of $server)/v2/bench/app/$what" "$(header_of $server)" "$file.$server"; done
      get "http://127.0.0.1:$NG_PORT/small" "X-Nothing: 1" "$file.ng"
    done
    a=$(median <"$file.sd.rate") b=$(median <"$file.dr.rate") c=$(median <"$file.ng.rate")
    row "GET $name, requests/s" "$a" "$b" "$c" "$(calc "$a/$b") x registry, $(calc "$a/$c") x nginx small"
    row "  p50 / p99, ms" "$(times "$file.sd")" "$(times "$file.dr")" "$(times "$file.ng")" ""
  done
fi
row "peak RSS after that, MiB" "$(rss_mib "$SD_PID" VmHWM)" "$(rss_mib "$DR_PID" VmHWM)" "" ""

# --- start -----------------------------------------------------------------------------------------------------------------------------
if wanted start; then
  for _ in $(seq 1 "$RUNS"); do
    kill "$SD_PID" && wait "$SD_PID" 2>/dev/null || true
    start_stagedoor
    until_answers "http://127.0.0.1:$SD_PORT/readyz" >>"$WORK/start"
    echo >>"$WORK/start"
  done
  row "start to ready, s" "$(median <"$WORK/start")" "" "" ""
  row "idle RSS, MiB" "$(rss_mib "$SD_PID" VmRSS)" "" "" ""
fi
