#!/usr/bin/env bash
# Builds one project or the solution: eng/build.sh Debug|Release PATH. Prints the compiler's output only when it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p artifacts
log=artifacts/build-$1.log
if [ ! -e "artifacts/bin/Stagedoor/${1,,}/stagedoor.dll" ]; then
  echo "Building Stagedoor; the first time takes about a minute..." >&2
fi
if ! dotnet build "$2" -c "$1" --nologo -v quiet >"$log" 2>&1; then
  cat "$log" >&2
  echo "stagedoor: the build failed; its output is above and in $log." >&2
  exit 1
fi
