#!/usr/bin/env bash
# A PostgreSQL server of our own for the tests: real, on 127.0.0.1, with fsync, in a temporary folder.
#
#   eng/postgres.sh start   starts it and prints STAGEDOOR_POSTGRESQL=…, the connection string, as the only line on stdout
#   eng/postgres.sh halt    stops the server and keeps its data; start brings it back on the same port
#   eng/postgres.sh stop    stops the server that start began, and removes its data
#
# All three may be repeated. STAGEDOOR_POSTGRES_NAME names a second server beside the first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${STAGEDOOR_POSTGRES_NAME:-postgres}
case "$name" in
  '' | *[!a-z0-9-]*) echo "postgres: STAGEDOOR_POSTGRES_NAME is letters, digits and hyphens." >&2; exit 2 ;;
esac
state=artifacts/$name
say() { echo "postgres: $*" >&2; }

find_binaries() {
  local folder
  folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  if [ ! -x "$folder/initdb" ]; then
    folder=$(dirname "$(command -v initdb || echo /nowhere/initdb)")
  fi
  if [ ! -x "$folder/initdb" ]; then
    say "the PostgreSQL server is not installed (Debian: postgresql-15); eng/install-test-tools.sh installs it."
    exit 1
  fi
  printf '%s' "$folder"
}

# The server refuses to run as root.
as_server() {
  if [ "$(id -u)" -ne 0 ]; then
    "$@"
  else
    runuser -u "$user" -- "$@"
  fi
}

# The process of the pid file is ours only when it runs on our folder: a number may have been given out again.
is_running() {
  local pid
  pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$folder/data"
}

serve() {
  as_server "$binaries/pg_ctl" start -D "$folder/data" -l "$folder/server.log" -w -t 60 -o "-p $1" >&2
}

halt() {
  if is_running; then
    as_server "$binaries/pg_ctl" stop -D "$folder/data" -m fast -w -t 60 >&2
  fi
}

load() {
  [ -f "$state/folder" ] || return 1
  folder=$(cat "$state/folder")
  user=$(cat "$state/user")
  [ -d "$folder/data" ]
}

create() {
  rm -rf "$state"
  mkdir -p "$state"
  user=$(id -un)
  if [ "$(id -u)" -eq 0 ]; then
    user=postgres
    id -u "$user" >/dev/null 2>&1 || user=nobody
  fi
  folder=$(mktemp -d "${TMPDIR:-/tmp}/stagedoor-$name.XXXXXXXX")
  printf '%s\n' "$folder" >"$state/folder"
  printf '%s\n' "$user" >"$state/user"
  local password
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && printf '%s\n' "$password" >"$folder/password" && printf '%s\n' "$password" >"$state/password")
  [ "$(id -u)" -ne 0 ] || chown -R "$user" "$folder"
  say "making a cluster in $folder"
  as_server "$binaries/initdb" -D "$folder/data" -U stagedoor --pwfile="$folder/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C >"$state/initdb.log" 2>&1 || { cat "$state/initdb.log" >&2; exit 1; }
  as_server tee -a "$folder/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 200
fsync = on
CONF
}

start() {
  load || create
  local port
  if is_running; then
    :
  elif [ -f "$state/port" ]; then
    serve "$(cat "$state/port")"
  else
    # Nobody hands out a free port for keeps: another process may be quicker, then the next one is tried.
    for _ in 1 2 3 4 5 6 7 8; do
      port=$((20000 + RANDOM % 12000))
      if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && serve "$port"; then
        printf '%s\n' "$port" >"$state/port"
        break
      fi
    done
    [ -f "$state/port" ] || { cat "$folder/server.log" >&2; say "the server did not start."; exit 1; }
  fi
  printf 'STAGEDOOR_POSTGRESQL=Host=127.0.0.1;Port=%s;Username=stagedoor;Password=%s;Database=postgres\n' \
    "$(cat "$state/port")" "$(cat "$state/password")"
}

stop() {
  if load; then
    halt || as_server "$binaries/pg_ctl" stop -D "$folder/data" -m immediate -w -t 60 >&2
    rm -rf "$folder"
    say "stopped, and $folder removed"
  fi
  rm -rf "$state"
}

case "${1:-}" in
  start) binaries=$(find_binaries) && start ;;
  halt) binaries=$(find_binaries) && { ! load || halt; } ;;
  stop) if [ -d "$state" ]; then binaries=$(find_binaries) && stop; fi ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
