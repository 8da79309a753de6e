#!/usr/bin/env bash
# Copies microservices with their ids, tags and contracts from one Service Center to another: copy-registry.sh FROM TO, both base addresses such as
# http://old:30100/v4/default/registry. FROM_HEADER and TO_HEADER hold a header each that is sent along, for example "Authorization: Bearer …".
# Instances are not copied: whoever runs registers itself. Safe to run again. Ends with 1 when something could not be copied, after all was tried.
set -euo pipefail
from=$1 to=$2
code=0 copied=0

get() { curl -sS -f ${FROM_HEADER:+-H "$FROM_HEADER"} "$from$1"; }
# What the other side says when it refuses is said on.
send() {
  local answer
  answer=$(curl -sS --fail-with-body ${TO_HEADER:+-H "$TO_HEADER"} -H 'Content-Type: application/json' "$to$1" -d @-) || { echo "$answer" >&2; return 1; }
}

services=$(get /microservices)
while read -r service; do
  id=$(jq -r .serviceId <<<"$service")
  name=$(jq -r '"\(.appId)/\(.serviceName) \(.version)"' <<<"$service")
  tags=$(get "/microservices/$id/tags")
  schemas=$(get "/microservices/$id/schemas?withSchema=1")
  if jq -n --argjson service "$service" --argjson tags "$tags" \
      '{service: ($service | del(.timestamp, .modTimestamp)), tags: ($tags.tags // {})}' | send /microservices &&
    { [ "$(jq '.schemas // [] | length' <<<"$schemas")" -eq 0 ] ||
      jq '{schemas: [(.schemas // [])[] | {schemaId, schema, summary} | del(..|nulls)]}' <<<"$schemas" | send "/microservices/$id/schemas"; }; then
    copied=$((copied + 1))
  else
    echo "not copied: $name" >&2
    code=1
  fi
done < <(jq -c '.services[] | select(.serviceName != "SERVICECENTER")' <<<"$services")
echo "$copied microservices are there"
exit "$code"
