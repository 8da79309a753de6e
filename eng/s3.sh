#!/usr/bin/env bash
# Starts the S3-compatible server of the tests, with one bucket, and says where it is: one node of OpenStack Swift with its s3api where Debian's
# python3-swift is installed, else s3rver, which cannot do all that the tests ask for.
#
#   eng/s3.sh start   prints one line, STAGEDOOR_S3=...; starts nothing when that is set already or the server runs
#   eng/s3.sh stop    ends the server that start began
#
# STAGEDOOR_S3_SERVER=s3rver asks for that one; both may run. The stop is for both.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bucket=stagedoor
patience=30

# The system's, which the packages are for; another python3 may stand before it in PATH.
python=/usr/bin/python3

say() {
  if [ "$server" = swift ]; then
    printf 'STAGEDOOR_S3=%s;bucket=%s;accessKey=test:stagedoor;secretKey=stagedoor-secret;server=swift\n' "$1" "$bucket"
  else
    printf 'STAGEDOOR_S3=%s;bucket=%s;accessKey=S3RVER;secretKey=S3RVER;server=s3rver\n' "$1" "$bucket"
  fi
}

choose() {
  server=${STAGEDOOR_S3_SERVER:-}
  if [ -z "$server" ]; then
    if [ -x "$python" ] && "$python" -c 'import swift.common.middleware.s3api' 2>/dev/null; then server=swift; else server=s3rver; fi
  fi
}

settle() { place=artifacts/s3/$server pid_file=artifacts/s3/$server/server.pid url_file=artifacts/s3/$server/server.url; }

# A pid alone may be another program's by now; its command line says whether it is ours.
runs() {
  [ -s "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null && ps -o args= -p "$(cat "$pid_file")" | grep -Eq 's3rver|swift/node'
}

# Any answer will do: Swift wants a signature.
answers() { curl --silent --output /dev/null --max-time 5 --head "$1/$bucket"; }

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
  choose
  settle
  if runs && [ -s "$url_file" ] && answers "$(cat "$url_file")"; then
    say "$(cat "$url_file")"
    return
  fi
  end
  mkdir -p "$place"
  rm -rf "$place/data" "$url_file"
  # There before it is looked into: on a busy machine the server begins later.
  : >"$place/server.log"
  # Away from the terminal's process group, so that Ctrl+C is for the tests alone. Each listens on any free port and prints which.
  if [ "$server" = swift ]; then
    setsid "$python" eng/swift/node.py "$place/data" "$bucket" >"$place/server.log" 2>&1 </dev/null &
  else
    install_server
    # It makes the continuation tokens of listings with DES, which OpenSSL 3 keeps among the legacy ciphers.
    local legacy=
    if node --openssl-legacy-provider -e 0 2>/dev/null; then
      legacy=--openssl-legacy-provider
    fi
    setsid node $legacy "$place/node_modules/s3rver/bin/s3rver.js" --directory "$place/data" --address 127.0.0.1 --port 0 --silent \
      --no-vhost-buckets --configure-bucket "$bucket" >"$place/server.log" 2>&1 </dev/null &
  fi
  echo $! >"$pid_file"
  local url=
  for _ in $(seq $((patience * 5))); do
    url=$(sed -n 's#.*istening on \(http://\)\{0,1\}\([0-9.]*:[0-9]*\).*#http://\2#p' "$place/server.log")
    if [ -n "$url" ] && answers "$url"; then
      echo "$url" >"$url_file"
      say "$url"
      return
    fi
    runs || break
    sleep 0.2
  done
  cat "$place/server.log" >&2
  end
  echo "s3.sh: the S3 server did not start; its output is above." >&2
  exit 1
}

stop() {
  for server in swift s3rver; do
    settle
    end
  done
}

end() {
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
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
