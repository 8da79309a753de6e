#!/usr/bin/env bash
# Writes the secrets of eng/compose.yaml to eng/.env, which compose reads by itself: passwords, keys and the master key, all random, for the owner's
# eyes alone. Changes nothing that is there. Keep a copy elsewhere: without the master key the secret keys in the database cannot be read.
#
#   eng/compose/secrets.sh [FILE]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
file=${1:-.env}
if [ -e "$file" ]; then
  echo "secrets: $file is there already; nothing was changed." >&2
  exit 0
fi

hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Whole or not there: a part of it would not be made again.
umask 077
temporary=$(mktemp "$file.XXXXXX")
trap 'rm -f "$temporary"' EXIT
cat >"$temporary" <<SECRETS
POSTGRES_PASSWORD=$(hex 16)
S3_ACCESS_KEY=GK$(hex 12)
S3_SECRET_KEY=$(hex 32)
GARAGE_RPC_SECRET=$(hex 32)
STAGEDOOR_MASTER_KEY=$(head -c 32 /dev/urandom | base64)
SECRETS
# Only where none is there yet, also when two do this at once.
ln "$temporary" "$file"
echo "secrets: wrote $file" >&2
