#!/usr/bin/env bash
# Prints the version of this checkout: that of the tag v… which it is at; behind a tag the next one, counted by commits (0.1.1-dev.12). Without tags,
# and in an archive without git, it is what Directory.Build.props says, or what git wrote into the archive. The same commit always has the same one.
#
#   eng/version.sh            the version
#   eng/version.sh --commit   the commit, where there is no git to ask: what git wrote into the archive
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# `git archive` fills it in: the commit, and the description of it when there is a tag.
read -r commit described <eng/archived || true
case "${commit:-}" in
  *Format*) commit='' described='' ;;
esac
if [ "${1:-}" = --commit ]; then
  printf '%s\n' "${commit:-}"
  exit 0
fi

# Asked only for a checkout of its own: an archive that was unpacked in somebody's repository is not of that one.
if [ -e .git ]; then
  described=$(git describe --tags --match 'v[0-9]*' --long 2>/dev/null || true)
elif [ -n "${described:-}" ] && ! [[ "$described" =~ -g[0-9a-f]+$ ]]; then
  described=$described-0-g0
fi

if [[ "${described:-}" =~ ^v([0-9].*)-([0-9]+)-g[0-9a-f]+$ ]]; then
  version=${BASH_REMATCH[1]}
  behind=${BASH_REMATCH[2]}
  if [ "$behind" -gt 0 ]; then
    case "$version" in
      *-*) version=$version.dev.$behind ;;
      *) version=${version%.*}.$((${version##*.} + 1))-dev.$behind ;;
    esac
  fi
  printf '%s\n' "$version"
else
  sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' Directory.Build.props
fi
