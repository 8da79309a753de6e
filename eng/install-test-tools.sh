#!/usr/bin/env bash
# Installs the servers and libraries that ./test needs and that are not there yet: PostgreSQL, OpenStack Swift for S3, Go with
# sprig, with which the rendering of charts is compared, and Node for the poorer
# S3-compatible server. Debian and its kin; elsewhere install the same things by hand. Does nothing when nothing is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    echo "install-test-tools: '$*' needs root, and there is no sudo here. Run it as root, then try again." >&2
    exit 1
  fi
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if command -v dpkg-query >/dev/null 2>&1; then
  missing=()
  for package in postgresql-15 postgresql-client-15 python3-swift golang-go golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev; do
    is_installed "$package" || missing+=("$package")
  done
  if [ -f eng/s3/package.json ]; then
    command -v node >/dev/null 2>&1 || missing+=(nodejs)
    command -v npm >/dev/null 2>&1 || missing+=(npm)
  fi
  if [ "${#missing[@]}" -gt 0 ]; then
    echo "Installing ${missing[*]}" >&2
    # Without this the package makes and starts a cluster of its own; the tests bring theirs (eng/postgres.sh).
    if [[ " ${missing[*]} " == *" postgresql-15 "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      as_root mkdir -p /etc/postgresql-common
      echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    as_root apt-get update -qq
    # A configuration file that is there already stays: also the one above.
    as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 apt-get install -y -qq --no-install-recommends \
      -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "${missing[@]}" >&2
  fi
else
  echo "install-test-tools: not a Debian system; install PostgreSQL 15, OpenStack Swift (its Python packages), Node and npm with your package manager." >&2
fi

if [ -f eng/s3/package.json ]; then
  # npm leaves this file behind when it is done: newer than the lock file means there is nothing to do.
  if [ ! eng/s3/node_modules/.package-lock.json -nt eng/s3/package-lock.json ]; then
    npm ci --prefix eng/s3 --no-audit --no-fund >&2
  fi
fi
