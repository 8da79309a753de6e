# The machine of one page: DocMachine.cs lets the first line of the page's script source this, in namespaces for mounts, network and processes.
# Ports are the printed ones, names under example.com lead here, what is written to /etc goes no further, and everything ends with the script.
set -euo pipefail
exec 8>&2 9>"$PAGE_ROOT/lines"
trap 'code=$?; echo "$PAGE_NAME:$LINENO: \"$BASH_COMMAND\" ended with $code" >&8' ERR
# The tests' own variables are no settings of a page's server.
unset "${!STAGEDOOR_@}"
printf '#!/bin/sh\nexec dotnet "%s" "$@"\n' "$PAGE_PROGRAM" >"$PAGE_ROOT/bin/stagedoor"
chmod +x "$PAGE_ROOT/bin/stagedoor"
ip link set lo up
# An address of its own: docker, for one, asks 127.0.0.1 for no certificate.
ip address add 192.0.2.10/32 dev lo
mount -t tmpfs tmpfs "$PAGE_ROOT/layers"
for folder in etc usr/local/share; do
  mkdir -p "$PAGE_ROOT/layers/$folder/new" "$PAGE_ROOT/layers/$folder/work"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$PAGE_ROOT/layers/$folder/new,workdir=$PAGE_ROOT/layers/$folder/work" overlay "/$folder"
done
cp /etc/hosts "$PAGE_ROOT/layers/hosts"
for name in $PAGE_HOSTS; do
  echo "192.0.2.10 $name" >>"$PAGE_ROOT/layers/hosts"
done
mount --bind "$PAGE_ROOT/layers/hosts" /etc/hosts

# What podman and its kin keep for root.
if [ -d /var/lib/containers ]; then
  mount -t tmpfs tmpfs /var/lib/containers
fi

for daemon in $PAGE_DAEMONS; do
  mkdir "$PAGE_ROOT/$daemon"
  case $daemon in
    docker)
      export DOCKER_HOST="unix://$PAGE_ROOT/docker/socket"
      dockerd --host "$DOCKER_HOST" --data-root "$PAGE_ROOT/docker/data" --exec-root "$PAGE_ROOT/docker/exec" --pidfile "$PAGE_ROOT/docker/pid" \
        --storage-driver vfs --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >"$PAGE_ROOT/docker/log" 2>&1 8>&- 9>&- &
      ;;
    containerd)
      export CONTAINERD_ADDRESS="$PAGE_ROOT/containerd/socket"
      containerd --address "$CONTAINERD_ADDRESS" --root "$PAGE_ROOT/containerd/data" --state "$PAGE_ROOT/containerd/state" >"$PAGE_ROOT/containerd/log" 2>&1 8>&- 9>&- &
      ;;
  esac
  until [ -S "$PAGE_ROOT/$daemon/socket" ]; do
    # Not every machine lets one run: 77 is «left out».
    kill -0 $! 2>/dev/null || { tail -1 "$PAGE_ROOT/$daemon/log" >&8; exit 77; }
    sleep 0.05
  done
  disown
done

if [ "$PAGE_SERVER" = yes ]; then
  touch "$PAGE_ROOT/server.out"
  # shellcheck disable=SC2086 # a word for each setting
  env $PAGE_SETTINGS stagedoor serve --data data >"$PAGE_ROOT/server.out" 2>"$PAGE_ROOT/server.log" 8>&- 9>&- &
  until grep -q ' is ready at ' "$PAGE_ROOT/server.out"; do
    kill -0 $! 2>/dev/null || { cat "$PAGE_ROOT/server.log" >&8; exit 1; }
    sleep 0.05
  done
  disown
fi

# The lines on which commands began.
trap 'echo "$LINENO" >&9' DEBUG
