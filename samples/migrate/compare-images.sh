#!/usr/bin/env bash
# Compares the digest of every tag in two registries: compare-images.sh FROM TO [skopeo options]. Names of repositories come on standard input.
set -euo pipefail
from=$1 to=$2
shift 2
same=0 code=0
digest() {
  skopeo inspect --raw "${@:2}" "docker://$1" 2>/dev/null </dev/null | sha256sum
}
while read -r repository; do
  target=$repository
  [[ $repository == */* ]] || target=${ORGANIZATION:-mirror}/$repository
  for tag in $(skopeo list-tags "$@" "docker://$from/$repository" </dev/null | jq -r '.Tags[]?'); do
    if [ "$(digest "$from/$repository:$tag" "$@")" = "$(digest "$to/$target:$tag" "$@")" ]; then
      same=$((same + 1))
    else
      echo "differs: $target:$tag"
      code=1
    fi
  done
done
echo "$same tags are the same"
exit "$code"
