#!/usr/bin/env bash
# Builds one project unless nothing of its sources has changed since the last time: eng/build.sh Debug|Release PATH. Prints the compiler's
# output only when it fails. Without checks (Directory.Build.props): they are what ./test is for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p artifacts
name=$(basename "$2" .csproj)
stamp=artifacts/built-$1-$name
log=artifacts/build-$1.log
product=artifacts/bin/$name/${1,,}

# A folder is newer too when a file in it was taken away.
if [ -e "$stamp" ] && [ -d "$product" ] && [ -z "$(find src bench docs Directory.*.props global.json .editorconfig \
  -newer "$stamp" -not -path '*/obj/*' -not -path '*/bin/*' -print -quit 2>/dev/null)" ]; then
  exit 0
fi

if [ -d "$product" ]; then
  printf 'Checking the build...' >&2
else
  printf 'Building Stagedoor; the first time takes about a minute...' >&2
fi
# A build that fails may leave half of its output; what changes while it builds is newer than the new stamp.
rm -f "$stamp"
touch "$stamp.new"
dotnet build "$2" -c "$1" --nologo -v quiet -p:UseSharedCompilation=true >"$log" 2>&1 &
build=$!
while kill -0 "$build" 2>/dev/null; do
  printf '.' >&2
  sleep 1
done
printf '\n' >&2
if ! wait "$build"; then
  cat "$log" >&2
  echo "stagedoor: the build failed; its output is above and in $log." >&2
  exit 1
fi
mv "$stamp.new" "$stamp"
