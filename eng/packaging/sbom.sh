# Sourced by eng/package.sh: the bill of materials, CycloneDX 1.5, from what NuGet resolved (project.assets.json) and the image's lock. Made here and
# not by a generator, because those leave out the runtime that is packed in and the image's system libraries, and write a new time and
# serial number each time.

make_sbom() {
  local name=stagedoor-$version.cdx.json
  {
    local arch key folder kind assets packages
    # What a target brings to run; analyzers and the like bring nothing.
    for arch in "$@"; do
      assets=$work/assets-$arch.json
      jq -r --arg target "net10.0/linux-$arch" '.targets[$target] as $t | $t | keys[] | select($t[.] | .type == "package" and
        ((.runtime // {}) + (.native // {}) + (.runtimeTargets // {}) | keys | map(select(endswith("/_._") | not)) | length > 0))' "$assets"
      jq -r --arg arch "linux-$arch" '.project.frameworks[].downloadDependencies[]? | select(.name | test("\\.App\\.(Runtime|Host)\\." + $arch + "$"))
        | "\(.name)/\(.version | ltrimstr("[") | split(",")[0])"' "$assets"
    done | LC_ALL=C sort -u | while read -r key; do
      packages=$(jq -r '.packageFolders | keys[0]' "$work/assets-$1.json")
      folder=$packages${key,,}
      [ -d "$folder" ] || fail "$key is not in NuGet's folder of packages"
      component "$folder" "${key%%/*}" "${key#*/}"
    done
    while read -r arch key folder kind _; do
      jq -n --arg name "$key" --arg version "$folder" --arg arch "$arch" --arg hash "$kind" '{type: "library", name: $name, version: $version,
        purl: "pkg:deb/debian/\($name)@\($version | @uri)?arch=\($arch)", hashes: [{alg: "SHA-256", content: $hash}],
        properties: [{name: "stagedoor:in", value: "image"}]}'
    done < <(grep -v '^#' eng/packaging/libraries.lock)
  } | jq -S -s --arg version "$version" --arg commit "$(git rev-parse HEAD)" --arg time "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" '
    {bomFormat: "CycloneDX", specVersion: "1.5", version: 1,
     metadata: {timestamp: $time, component: {type: "application", name: "stagedoor", version: $version, licenses: [{license: {id: "Apache-2.0"}}],
       properties: [{name: "stagedoor:commit", value: $commit}]}},
     components: .}' >"$out/$name"
  say "$name ($(jq '.components | length' "$out/$name") components)"
}

# A package of NuGet: the license that it names, and the hash of the whole package as the registry has it.
component() {
  local folder=$1 name=$2 version=$3 license hash nuspec
  nuspec=$(cat "$folder"/*.nuspec)
  license=$(sed -n 's:.*<license type="expression">\(.*\)</license>.*:\1:p' <<<"$nuspec")
  if [ -z "$license" ]; then
    license=$(sed -n 's:.*<licenseUrl>\(.*\)</licenseUrl>.*:\1:p' <<<"$nuspec")
  fi
  hash=$(base64 -d "$folder/${name,,}.${version,,}.nupkg.sha512" | od -An -tx1 | tr -d ' \n')
  jq -n --arg name "$name" --arg version "$version" --arg license "$license" --arg hash "$hash" '{type: "library", name: $name, version: $version,
    purl: "pkg:nuget/\($name)@\($version)", hashes: [{alg: "SHA-512", content: $hash}],
    licenses: [if $license == "" then {license: {name: "see the package"}} elif ($license | test("://")) then {license: {name: "see the address", url: $license}} else {expression: $license} end]}'
}
