#!/usr/bin/env bash
# The steps behind ./test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
quick=no
kubernetes=no
only=
for argument in "$@"; do
  case "$argument" in
    --quick) quick=yes ;;
    --kubernetes) kubernetes=yes ;;
    -*) echo "test: unknown option $argument; see ./test --help" >&2; exit 2 ;;
    *) only=$argument ;;
  esac
done

step() { printf '\n== %s\n' "$*"; }

# What runs beside the script has a process group of its own, so that all of it can be ended with the script.
beside() {
  set -m
  "$@" </dev/null &
  set +m
}

finish() {
  local group
  for group in $(jobs -pr); do
    kill -TERM -- "-$group" 2>/dev/null || true
  done
  if [ "$quick" = no ]; then
    eng/postgres.sh stop >/dev/null 2>&1 || true
    eng/s3.sh stop >/dev/null 2>&1 || true
  fi
  if [ "$kubernetes" = yes ]; then
    eng/kube-apiserver stop >/dev/null 2>&1 || true
  fi
}
trap finish EXIT

start_servers() {
  local postgres s3 lighter
  postgres=$(eng/postgres.sh start)
  # The suite of the store asks for all of the protocol; whole hosts are content with the lighter server.
  s3=$(eng/s3.sh start)
  lighter=$(STAGEDOOR_S3_SERVER=s3rver eng/s3.sh start)
  printf '%s\n' "$postgres" "$s3" "$lighter" >artifacts/servers
}

mkdir -p artifacts
rm -rf artifacts/ledger artifacts/results artifacts/servers
mkdir -p artifacts/results
if [ "$quick" = no ]; then
  step "Installing what the tests need"
  eng/install-test-tools.sh
  eng/install-client-tools.sh
  # They start while the compiler runs.
  beside start_servers >artifacts/results/servers.log 2>&1
  servers=$!
fi

if [ "$kubernetes" = yes ]; then
  step "Starting a Kubernetes API server"
  cluster=$(eng/kube-apiserver start)
  export "${cluster?}"
fi

step "Restoring and building"
dotnet restore Stagedoor.slnx --nologo -v quiet
dotnet build Stagedoor.slnx --no-restore --nologo -v quiet -clp:NoSummary -p:StagedoorChecks=true -p:UseSharedCompilation=true

if [ "$quick" = no ]; then
  step "Starting PostgreSQL and S3-compatible servers"
  wait "$servers" || { cat artifacts/results/servers.log; exit 1; }
  cat artifacts/results/servers.log
  { read -r postgres; read -r s3; read -r lighter; } <artifacts/servers
  export "${postgres?}" "${lighter?}"
fi

# The ledger must be whole where nothing is left out.
if [ "$quick" = no ] && [ -z "$only" ]; then
  export STAGEDOOR_COMPLETE=1
fi

# Each job below says what it has to say in one piece when it is done, and leaves its three numbers in a file.
check_format() {
  local log=artifacts/results/format.log failures=0
  if ! StagedoorChecks=true dotnet format Stagedoor.slnx --no-restore --verify-no-changes >"$log" 2>&1; then
    echo "test: run 'dotnet format' and look at what it changes." >>"$log"
    failures=1
  fi
  {
    flock 9
    step "Checking the format"
    cat "$log"
  } 9>artifacts/results/output.lock
  echo "0 $failures 0" >artifacts/results/format.counts
}

# A project's tests are an executable; its summary's three numbers are added up.
run_project() {
  local name=$1
  local binary=artifacts/bin/$name/debug/$name
  local log=artifacts/results/$name.log
  local code=0
  if [ "$name" = Stagedoor.Storage.S3.Tests ] && [ -n "${s3:-}" ]; then
    env "$s3" "$binary" --progress off --no-ansi >"$log" 2>&1 || code=$?
  else
    "$binary" --progress off --no-ansi >"$log" 2>&1 || code=$?
  fi
  local counts s f k
  counts=$(awk '/^ *total: /{t=$2} /^ *failed: /{f=$2} /^ *succeeded: /{s=$2} /^ *skipped: /{k=$2} END{print s+0, f+0, k+0}' "$log")
  read -r s f k <<<"$counts"
  {
    flock 9
    step "$name"
    # 8 is «no test ran».
    if [ "$code" -ne 0 ] && [ "$code" -ne 8 ]; then
      cat "$log"
      if [ "$f" -eq 0 ]; then
        echo "test: $name ended with exit code $code" >&2
        f=1
      fi
    else
      grep -E '^(skipped|ledger:|pages:)|^ +(ledger:)' "$log" || true
    fi
    echo "$name: $s passed, $f failed, $k skipped"
  } 9>artifacts/results/output.lock
  echo "$s $f $k" >"artifacts/results/$name.counts"
}

# Two at a time: many tests wait for processes and servers, and leave the processors to others. The longest two come first.
jobs=()
for name in Stagedoor.Clients.Tests Stagedoor.Discovery.Tests format $(for project in tests/*/*.Tests.csproj; do basename "$project" .csproj; done); do
  case " ${jobs[*]-} Stagedoor.Tests " in
    *" $name "*) continue ;;
  esac
  case "$name" in
    format) [ -z "$only" ] || continue ;;
    Stagedoor.Clients.Tests) [ "$quick" = no ] || continue ;;&
    *"$only"*) ;;
    *) continue ;;
  esac
  jobs+=("$name")
done

running=0
for name in "${jobs[@]}"; do
  if [ "$running" -eq 2 ]; then
    # Its counts tell how it ended.
    wait -n || true
    running=1
  fi
  case "$name" in
    format) beside check_format ;;
    *) beside run_project "$name" ;;
  esac
  running=$((running + 1))
done
wait

# The whole-host project comes last: it holds the ledger, which puts together what the others have seen.
case Stagedoor.Tests in
  *"$only"*)
    beside run_project Stagedoor.Tests
    wait
    jobs+=(Stagedoor.Tests)
    ;;
esac

passed=0 failed=0 skipped=0
for name in "${jobs[@]}"; do
  # Nothing there is a job that did not come to its end.
  read -r s f k <"artifacts/results/$name.counts" || { echo "test: $name did not end" >&2; s=0 f=1 k=0; }
  passed=$((passed + s)) failed=$((failed + f)) skipped=$((skipped + k))
done
# What failed is said once more at the end, where it is found without looking through what the others printed.
for name in "${jobs[@]}"; do
  log=artifacts/results/$name.log
  [ -f "$log" ] || continue
  awk -v name="$name" '
    /^failed / { if (!told++) printf "\n== Failed in %s\n", name; shown = 0; inside = 1 }
    inside && !/^failed / && !/^[[:space:]]/ { inside = 0 }
    inside && shown++ < 20 { print substr($0, 1, 400) }' "$log"
done
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
