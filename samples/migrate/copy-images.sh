#!/usr/bin/env bash
# Copies repositories with all their tags from one registry to another: copy-images.sh FROM TO [skopeo sync options]. Names of repositories come on standard
# input, a line each. Safe to run again: what is there already is not sent again. Ends with 1 when a repository could not be copied, after all were tried.
set -euo pipefail
from=$1 to=$2
shift 2
code=0
while read -r repository; do
  case $repository in
    */*) organization=${repository%/*} ;;
    # A name without an organization has none here either: give it one.
    *) organization=${ORGANIZATION:-mirror} ;;
  esac
  skopeo sync --all --preserve-digests --retry-times 3 --src docker --dest docker "$@" "$from/$repository" "$to/$organization" </dev/null || {
    echo "not copied: $repository" >&2
    code=1
  }
done
exit "$code"
