# Sourced by eng/package.sh: what all parts need.

say() { printf 'package: %s\n' "$*" >&2; }
fail() { printf 'package: %s\n' "$*" >&2; exit 2; }

needs() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "'$program' is not installed; eng/package.sh --help says what it needs"
  done
}

# The folder of the packages, what they are called by, and the time that everything in them bears: the commit's.
prepare() {
  out=$PWD/artifacts/packages
  work=$PWD/artifacts/packages-work
  mkdir -p "$out" "$work"
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) || fail "this is no checkout of git, whose commit gives version and time"
  export SOURCE_DATE_EPOCH
  # The target that sets it when it is not in the project.
  version=$(dotnet msbuild src/Stagedoor/Stagedoor.csproj -t:GetAssemblyVersion -getProperty:Version)
  [ -z "$(git status --porcelain --untracked-files=no)" ] || say "there are changes that are not committed: what is made is not of the commit that it names"
  say "Stagedoor $version of $(git rev-parse --short HEAD), into artifacts/packages"
}

# The program for one architecture: with its runtime, in one file (program/one-file), or beside SQLite's library (program/installed) where a
# package has folders; and without its runtime (program/framework).
publish() {
  local arch=$1
  shift
  local target=$work/program-$arch
  rm -rf "$target"
  say "building for linux-$arch…"
  # The installed form first, also where nobody asked for it: what is compiled ahead for it is used again by the others.
  bundle "$arch" "$target/installed" true false
  case " $* " in *" self-contained "*) bundle "$arch" "$target/one-file" true true ;; esac
  case " $* " in *" framework "*) bundle "$arch" "$target/framework" false true ;; esac
  # What NuGet resolved for it, before another architecture's takes its place.
  cp "$work/build/obj/Stagedoor/project.assets.json" "$work/assets-$arch.json"
}

# A place of its own for what is built, so that what ./run and ./test build stays as it is. Paths and source links would differ between
# checkouts; the framework's own code is compiled ahead already.
bundle() {
  local arch=$1 target=$2 contained=$3 extract=$4
  local log=$work/publish.log
  dotnet publish src/Stagedoor/Stagedoor.csproj -c Release -r "linux-$arch" --self-contained "$contained" -o "$target" --nologo -v quiet \
    -p:ArtifactsPath="$work/build" -p:StagedoorPackage=true -p:IncludeNativeLibrariesForSelfExtract="$extract" -p:UseSharedCompilation=true \
    >"$log" 2>&1 || { cat "$log" >&2; fail "the build failed; its output is above"; }
  # A file that somebody would have to know of is one too many.
  rm -f "$target"/*.pdb "$target"/*.xml "$target"/*.staticwebassets.endpoints.json
}

# A folder as a tar archive, the same bytes for the same content: sorted, of root, with the commit's time.
pack() {
  tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --format=gnu "$@"
}

debian_arch() { case "$1" in x64) echo amd64 ;; *) echo "$1" ;; esac; }

# How many milliseconds the program takes from its start until it serves, the best of four: one that makes its installation, three that open it.
start_time() {
  local program=$1 folder best="" began took process
  folder=$(mktemp -d)
  for _ in 1 2 3 4; do
    : >"$folder/output"
    began=$(date +%s%N)
    STAGEDOOR__Discovery__Listen=off STAGEDOOR__Tracing__OtlpHttpListen=off STAGEDOOR__Tracing__OtlpGrpcListen=off STAGEDOOR__Tracing__ZipkinListen=off STAGEDOOR__Tracing__JaegerListen=off "$program" serve --data "$folder/data" --urls http://127.0.0.1:0 >"$folder/output" 2>"$folder/log" &
    process=$!
    until grep -q ' is ready at ' "$folder/output"; do
      kill -0 "$process" 2>/dev/null || { cat "$folder/log" >&2; fail "$program does not start"; }
      sleep 0.01
    done
    took=$((($(date +%s%N) - began) / 1000000))
    kill "$process"
    wait "$process" || true
    if [ -z "$best" ] || [ "$took" -lt "$best" ]; then
      best=$took
    fi
  done
  rm -rf "$folder"
  echo "$best"
}

# Whether what is made for the architecture can be started here.
is_ours() { case "$1-$(uname -m)" in x64-x86_64 | arm64-aarch64) ;; *) return 1 ;; esac; }

size() { numfmt --to=iec "$(stat -c %s "$1")"; }
