#!/usr/bin/env bash
# Measures small paths one by one, briefly: signing, digests, error bodies, registry tokens, manifests.
#   bench/micro.sh [FILTER…]      e.g. bench/micro.sh '*Signing*'; all without one
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- '*'
exec dotnet run -c Release --project bench/Stagedoor.Benchmarks -- --filter "$@" --artifacts artifacts/benchmarks
