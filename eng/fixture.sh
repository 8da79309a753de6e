#!/usr/bin/env bash
# Keeps a data folder of this version, for the tests of later ones: a real installation with users, keys, images and microservices, packed into
# tests/fixtures/VERSION/data.tar.gz, and beside it, in expected.json, what has to be found in it. Run it once for each release, at its tag.
#
#   eng/fixture.sh [VERSION]   VERSION in place of what eng/version.sh says
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=${1:-$(eng/version.sh)}
target=tests/fixtures/$version
stagedoor=artifacts/bin/Stagedoor/release/stagedoor.dll
[ -f "$stagedoor" ] || stagedoor=artifacts/bin/Stagedoor/debug/stagedoor.dll
[ ! -e "$target" ] || { echo "fixture: $target is there already; what a release has written does not change." >&2; exit 1; }
work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

STAGEDOOR__Discovery__Listen=off STAGEDOOR__Tracing__OtlpHttpListen=off STAGEDOOR__Tracing__OtlpGrpcListen=off STAGEDOOR__Tracing__ZipkinListen=off STAGEDOOR__Tracing__JaegerListen=off dotnet "$stagedoor" serve --data "$work/data" --urls http://127.0.0.1:0 >"$work/out" 2>"$work/log" &
server=$!
for _ in $(seq 300); do
  grep -q ' is ready at ' "$work/out" && break
  kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done
url=$(sed -n 's/.* is ready at //p' "$work/out" | head -n 1)
first=$work/data/first-run.json
of() { jq -r ".$1" "$first"; }

token=$(curl -fsS -D - -o "$work/token" "$url/v3/auth/tokens" -H 'Content-Type: application/json' -d "$(jq '{auth: {identity: {methods: ["password"],
  password: {user: {name: .user, password: .password, domain: {name: .domain}}}}, scope: {project: {name: .project}}}}' "$first")" \
  | tr -d '\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p')
ask() { curl -fsS -H "X-Auth-Token: $token" -H 'Content-Type: application/json' "$@"; }
user=$(ask "$url/v3/users" -d '{"user": {"name": "ada", "password": "Lovelace-1815"}}' | jq -r .user.id)
key=$(ask "$url/v3.0/OS-CREDENTIAL/credentials" -d "{\"credential\": {\"user_id\": \"$user\"}}" | jq '{access: .credential.access, secret: .credential.secret}')

images='[]'
for tag in v1 v2; do
  skopeo copy -q --dest-tls-verify=false --dest-creds "$(of registryUser):$(of registryKey)" "oci:$work/data/hello-image" "docker://${url#http://}/fixture/hello:$tag"
  digest=$(skopeo inspect --tls-verify=false --creds "$(of registryUser):$(of registryKey)" --format '{{.Digest}}' "docker://${url#http://}/fixture/hello:$tag")
  images=$(jq -c --arg t "$tag" --arg d "$digest" '. + [{repository: "fixture/hello", tag: $t, digest: $d}]' <<<"$images")
done

engine() { curl -fsS -H "X-Service-AK: $(of accessKey)" -H "X-Service-ShaAKSK: $(of registryKey)" -H 'Content-Type: application/json' "$@"; }
service=$(engine "$url/v4/default/registry/microservices" \
  -d '{"service": {"appId": "fixture", "serviceName": "orders", "version": "1.0.0", "properties": {"kept": "yes"}}}' | jq -r .serviceId)

kill -TERM "$server"
wait "$server" || true
server=
mkdir -p "$target"
jq -n --slurpfile first "$first" --argjson images "$images" --argjson key "$key" --arg user "$user" --arg service "$service" \
  '{firstRun: $first[0], images: $images, user: {id: $user, name: "ada", password: "Lovelace-1815"}, key: $key, service: {id: $service, name: "orders"}}' >"$target/expected.json"

# Nothing of the moment is kept that a test does not ask for.
tar --sort=name --owner=0 --group=0 --numeric-owner --exclude=hello-image --exclude='*.lock' -C "$work" -c data | gzip -9n >"$target/data.tar.gz"
ls -l "$target" >&2
