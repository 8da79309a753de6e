#!/usr/bin/env bash
# The steps behind ./test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
quick=no
only=
for argument in "$@"; do
  case "$argument" in
    --quick) quick=yes ;;
    -*) echo "test: unknown option $argument; see ./test --help" >&2; exit 2 ;;
    *) only=$argument ;;
  esac
done

step() { printf '\n== %s\n' "$*"; }
stop_all() {
  eng/postgres.sh stop >/dev/null 2>&1 || true
  eng/s3.sh stop >/dev/null 2>&1 || true
}

mkdir -p artifacts
if [ "$quick" = no ]; then
  step "Installing what the tests need"
  eng/install-test-tools.sh
  eng/install-client-tools.sh
fi

step "Restoring and building"
dotnet restore Stagedoor.slnx --nologo -v quiet
dotnet build Stagedoor.slnx --no-restore --nologo -v quiet -clp:NoSummary -p:StagedoorChecks=true -p:UseSharedCompilation=true

failures=0
if [ -z "$only" ]; then
  step "Checking the format"
  if ! StagedoorChecks=true dotnet format Stagedoor.slnx --no-restore --verify-no-changes; then
    echo "test: run 'dotnet format' and look at what it changes." >&2
    failures=1
  fi
fi

if [ "$quick" = no ]; then
  step "Starting PostgreSQL and S3-compatible servers"
  trap stop_all EXIT
  postgres=$(eng/postgres.sh start)
  # The suite of the store asks for all of the protocol; whole hosts are content with the lighter server.
  s3=$(eng/s3.sh start)
  lighter=$(STAGEDOOR_S3_SERVER=s3rver eng/s3.sh start)
  export "${postgres?}" "${lighter?}"
fi

# The ledger must be whole where nothing is left out.
if [ "$quick" = no ] && [ -z "$only" ]; then
  export STAGEDOOR_COMPLETE=1
fi

rm -rf artifacts/ledger artifacts/results
mkdir -p artifacts/results
passed=0 failed=0 skipped=0

# A project's tests are an executable; its summary's three numbers are added up.
run_project() {
  local name=$1
  local binary=artifacts/bin/$name/debug/$name
  local log=artifacts/results/$name.log
  step "$name"
  local code=0
  if [ "$name" = Stagedoor.Storage.S3.Tests ] && [ -n "${s3:-}" ]; then
    env "$s3" "$binary" --progress off --no-ansi >"$log" 2>&1 || code=$?
  else
    "$binary" --progress off --no-ansi >"$log" 2>&1 || code=$?
  fi
  # 8 is «no test ran».
  if [ "$code" -ne 0 ] && [ "$code" -ne 8 ]; then
    cat "$log"
  else
    grep -E '^(skipped|ledger:)|^ +(ledger:)' "$log" || true
  fi
  local counts
  counts=$(awk '/^ *total: /{t=$2} /^ *failed: /{f=$2} /^ *succeeded: /{s=$2} /^ *skipped: /{k=$2} END{print s+0, f+0, k+0}' "$log")
  read -r s f k <<<"$counts"
  if [ "$code" -ne 0 ] && [ "$code" -ne 8 ] && [ "$f" -eq 0 ]; then
    echo "test: $name ended with exit code $code" >&2
    f=1
  fi
  echo "$name: $s passed, $f failed, $k skipped"
  passed=$((passed + s)) failed=$((failed + f)) skipped=$((skipped + k))
}

# The whole-host project comes last: it holds the ledger, which puts together what the others have seen.
names=$(for project in tests/*/*.Tests.csproj; do basename "$project" .csproj; done | grep -vx Stagedoor.Tests)
for name in $names Stagedoor.Tests; do
  case "$name" in
    Stagedoor.Clients.Tests) [ "$quick" = no ] || continue ;;
  esac
  case "$name" in
    *"$only"*) run_project "$name" ;;
  esac
done

failed=$((failed + failures))
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
