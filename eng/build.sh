#!/usr/bin/env bash
# Builds one project unless nothing of its sources has changed since the last time: eng/build.sh Debug|Release PATH. Prints the compiler's
# output only when it fails. Without analyzers: they are what ./test is for.
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
# What changes while it builds is newer than this.
touch "$stamp.new"
dotnet build "$2" -c "$1" --nologo -v quiet -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false >"$log" 2>&1 &
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
