#!/usr/bin/env bash
# Writes rows of some 250 bytes to SQLite and PostgreSQL one by one and in bulk and prints rows in a second. Takes about two minutes.
#
#   bench/storage.sh                 medians of 3
#   RUNS=5 bench/storage.sh          of more
#
# PostgreSQL is the one that STAGEDOOR_POSTGRESQL names, or one of its own (eng/postgres.sh), which stays up when it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
RUNS=${RUNS:-3}
. bench/lib.sh
server=$(eng/postgres.sh start)
export "$server" RUNS
machine
dotnet run -c Release bench/storage/rows.cs -- "$WORK"
