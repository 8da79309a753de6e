#!/usr/bin/env bash
# Installs the real clients that tests/Stagedoor.Clients.Tests runs against the server, as far as this machine lacks them.
# Safe to run again; takes no time when everything is there. Without Debian's apt-get it says what is missing, and those tests are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Daemons live where an ordinary user's PATH does not look.
PATH="$PATH:/usr/sbin:/sbin"

missing=()
want() {
  command -v "$1" >/dev/null || missing+=("$2")
}
want skopeo skopeo
want buildah buildah
want podman podman
want dockerd docker.io
want docker docker.io
want node nodejs
want npm npm
want curl curl
want jq jq
want openssl openssl
want ip iproute2
want docker-registry docker-registry
want kubectl kubernetes-client
want update-ca-certificates ca-certificates
want faketime faketime
want lintian lintian
want nginx nginx-light
want envsubst gettext-base
want go golang-go
want chromium chromium
# Libraries of the program that renders the chart; only Debian's own go looks where they are.
if command -v dpkg-query >/dev/null; then
  for library in golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$library" 2>/dev/null)" = installed ] || missing+=("$library")
  done
fi

if ((${#missing[@]} > 0)); then
  if command -v apt-get >/dev/null; then
    root=()
    if ((EUID != 0)); then
      root=(sudo)
    fi
    "${root[@]}" apt-get update -q
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  else
    echo "Missing here: ${missing[*]}. The tests that need them are skipped." >&2
  fi
fi

# Prometheus as the files of its package alone: installed, it would be a service on port 9090 from then on.
prometheus=artifacts/clients/prometheus
if ! [ -x "$prometheus/usr/bin/promtool" ]; then
  if command -v apt-get >/dev/null; then
    rm -rf "$prometheus"
    mkdir -p "$prometheus"
    (cd "$prometheus" && apt-get download -q prometheus && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb) \
      || echo "Prometheus cannot be had. The tests that need it are skipped." >&2
  else
    echo "Missing here: prometheus, promtool. The tests that need them are skipped." >&2
  fi
fi

# What comes from npm goes beside the build's other output; the sources stay clean. The stamp is the lock file that it was installed from.
for part in node compose senders; do
  sources=tests/Stagedoor.Clients.Tests/$part
  installed=artifacts/clients/$part
  if command -v npm >/dev/null && ! cmp -s "$sources/package-lock.json" "$installed/installed.json"; then
    rm -rf "$installed"
    mkdir -p "$installed"
    cp "$sources/package.json" "$sources/package-lock.json" "$installed/"
    (cd "$installed" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "$sources/package-lock.json" "$installed/installed.json"
  fi
done
