#!/usr/bin/env bash
# Starts the S3-compatible server of the tests, with one bucket, and says where it is.
#
#   eng/s3.sh start   prints one line, STAGEDOOR_S3=...; starts nothing when that is set already or the server runs
#   eng/s3.sh stop    ends the server that start began
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
place=artifacts/s3
pid_file=$place/server.pid
url_file=$place/server.url
bucket=stagedoor
patience=30

say() { printf 'STAGEDOOR_S3=%s;bucket=%s;accessKey=S3RVER;secretKey=S3RVER;server=s3rver\n' "$1" "$bucket"; }

# A pid alone may be another program's by now; its command line says whether it is ours.
runs() {
  [ -s "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null && ps -o args= -p "$(cat "$pid_file")" | grep -q s3rver
}

answers() { curl --silent --fail --output /dev/null --max-time 2 --head "$1/$bucket"; }

install_server() {
  mkdir -p "$place"
  if [ -d "$place/node_modules/s3rver" ] && cmp -s eng/s3/package-lock.json "$place/package-lock.json"; then
    return
  fi
  command -v npm >/dev/null 2>&1 || { echo "s3.sh: npm is not installed; the test server comes from there." >&2; exit 1; }
  cp eng/s3/package.json eng/s3/package-lock.json "$place/"
  (cd "$place" && npm ci --no-audit --no-fund >&2)
}

start() {
  if [ -n "${STAGEDOOR_S3:-}" ]; then
    printf 'STAGEDOOR_S3=%s\n' "$STAGEDOOR_S3"
    return
  fi
  if runs && [ -s "$url_file" ] && answers "$(cat "$url_file")"; then
    say "$(cat "$url_file")"
    return
  fi
  stop
  install_server
  rm -rf "$place/data" "$url_file"
  # It makes the continuation tokens of listings with DES, which OpenSSL 3 keeps among the legacy ciphers.
  local legacy=
  if node --openssl-legacy-provider -e 0 2>/dev/null; then
    legacy=--openssl-legacy-provider
  fi
  # Port 0 is any free one; the server prints which. Away from the terminal's process group, so that Ctrl+C is for the tests alone.
  setsid node $legacy "$place/node_modules/s3rver/bin/s3rver.js" --directory "$place/data" --address 127.0.0.1 --port 0 --silent \
    --no-vhost-buckets --configure-bucket "$bucket" >"$place/server.log" 2>&1 </dev/null &
  echo $! >"$pid_file"
  local url=
  for _ in $(seq $((patience * 5))); do
    url=$(sed -n 's#.*S3rver listening on \([0-9.]*:[0-9]*\).*#http://\1#p' "$place/server.log")
    if [ -n "$url" ] && answers "$url"; then
      echo "$url" >"$url_file"
      say "$url"
      return
    fi
    runs || break
    sleep 0.2
  done
  cat "$place/server.log" >&2
  stop
  echo "s3.sh: the S3 server did not start; its output is above." >&2
  exit 1
}

stop() {
  if runs; then
    local pid
    pid=$(cat "$pid_file")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  fi
  rm -f "$pid_file" "$url_file"
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
