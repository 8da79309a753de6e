# Sourced by eng/package.sh: the container image, FROM scratch. Its files are laid out here as the OCI image specification has them; there is no base
# image, and a builder of images would only write its own name and the time into them.
#
# Two layers: the system's libraries that the program needs (libraries.lock), which seldom change, and the program.

image_id=65532

# The packages whose files are the first layer.
library_packages=(libc6 libgcc-s1 libstdc++6 libssl3 ca-certificates)

make_image() {
  local newest=$1
  shift
  local layout=$work/image
  local arch manifests=""
  rm -rf "$layout"
  mkdir -p "$layout/blobs/sha256"
  for arch in "$@"; do
    fetch_libraries "$(debian_arch "$arch")" "$newest"
  done
  for arch in "$@"; do
    manifests+=$(make_manifest "$arch" "$layout")$'\n'
  done

  local index
  index=$(jq -cS -s --argjson annotations "$(annotations)" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: ., annotations: $annotations}' <<<"$manifests" | blob "$layout")
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  jq -cn --arg digest "$index" --argjson size "$(blob_size "$layout" "$index")" --arg tag "stagedoor:$version" \
    '{schemaVersion: 2, manifests: [{mediaType: "application/vnd.oci.image.index.v1+json", digest: $digest, size: $size,
      annotations: {"org.opencontainers.image.ref.name": $tag}}]}' >"$layout/index.json"
  local name=stagedoor-$version-image.tar
  pack -C "$layout" oci-layout index.json blobs >"$out/$name"
  say "$name ($(size "$out/$name"), $*) $index"
}

# The manifest of one architecture; its descriptor.
make_manifest() {
  local arch=$1 layout=$2 architecture
  architecture=$(debian_arch "$arch")
  local root=$work/image-$architecture
  rm -rf "$root"
  mkdir -p "$root"
  (umask 022; lay_libraries "$architecture" "$root/libraries"; lay_program "$arch" "$root/program")
  local layers="[]" diffs="[]" layer diff digest
  for layer in libraries program; do
    # /data and /tmp are the user's and everybody's; all else is root's.
    pack_layer "$root/$layer" >"$root/$layer.tar"
    diff=sha256:$(sha256sum "$root/$layer.tar" | cut -d' ' -f1)
    digest=$(gzip -n <"$root/$layer.tar" | blob "$layout")
    rm "$root/$layer.tar"
    layers=$(jq -c --arg digest "$digest" --argjson size "$(blob_size "$layout" "$digest")" \
      '. + [{mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: $digest, size: $size}]' <<<"$layers")
    diffs=$(jq -c --arg diff "$diff" '. + [$diff]' <<<"$diffs")
  done

  local config manifest
  config=$(jq -cS -n --arg arch "$architecture" --arg created "$(created)" --argjson diffs "$diffs" --argjson labels "$(annotations)" --arg user "$image_id:$image_id" '
    {architecture: $arch, os: "linux", created: $created, rootfs: {type: "layers", diff_ids: $diffs},
     history: [{created: $created, created_by: "eng/package.sh: libraries"}, {created: $created, created_by: "eng/package.sh: program"}],
     config: {User: $user, ExposedPorts: {"8080/tcp": {}, "30100/tcp": {}, "4317/tcp": {}, "4318/tcp": {}, "9411/tcp": {}, "16686/tcp": {}}, Volumes: {"/data": {}}, WorkingDir: "/data", StopSignal: "SIGTERM",
       Entrypoint: ["/usr/bin/stagedoor"], Cmd: ["serve"], Labels: $labels,
       Env: ["PATH=/usr/bin", "HOME=/tmp", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", "STAGEDOOR__Data=/data", "STAGEDOOR__Urls=http://0.0.0.0:8080"],
       Healthcheck: {Test: ["CMD", "/usr/bin/stagedoor", "health"], Interval: 30000000000, Timeout: 10000000000, StartPeriod: 60000000000, Retries: 3}}}' | blob "$layout")
  manifest=$(jq -cS -n --arg config "$config" --argjson size "$(blob_size "$layout" "$config")" --argjson layers "$layers" --argjson annotations "$(annotations)" '
    {schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
     config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $size}, layers: $layers, annotations: $annotations}' | blob "$layout")
  jq -cn --arg digest "$manifest" --argjson size "$(blob_size "$layout" "$manifest")" --arg arch "$architecture" \
    '{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $digest, size: $size, platform: {architecture: $arch, os: "linux"}}'
}

lay_libraries() {
  local architecture=$1 root=$2 package file
  mkdir -p "$root/etc/ssl/certs" "$root/tmp" "$root/data"
  for package in "${library_packages[@]}"; do
    file=$(locked "$architecture" "$package" | cut -d' ' -f5)
    dpkg-deb --extract "$work/libraries/$file" "$root"
  done
  # What a program at work has no use for: character sets of C, documents but for the licenses, hooks of package managers.
  rm -rf "$root"/usr/lib/*/gconv "$root"/usr/lib/*/engines-3 "$root"/usr/share/{lintian,man,gdb} "$root"/usr/sbin "$root"/etc/ld.so.conf.d "$root"/etc/ca-certificates
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  find "$root/usr/share/doc" \( -type l -o -type d -empty \) -delete
  find "$root/usr/share/ca-certificates" -name '*.crt' -print0 | LC_ALL=C sort -z | xargs -0 cat >"$root/etc/ssl/certs/ca-certificates.crt"
  rm -rf "$root/usr/share/ca-certificates"
  printf 'root:x:0:0:root:/:/sbin/nologin\nstagedoor:x:%s:%s:Stagedoor:/data:/sbin/nologin\n' "$image_id" "$image_id" >"$root/etc/passwd"
  printf 'root:x:0:\nstagedoor:x:%s:\n' "$image_id" >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
  chmod 1777 "$root/tmp"
  chmod 0700 "$root/data"
}

lay_program() {
  local arch=$1 root=$2
  mkdir -p "$root/usr/bin" "$root/usr/lib/stagedoor" "$root/usr/share/doc/stagedoor"
  install -m 0755 "$work/program-$arch/installed/stagedoor" "$root/usr/lib/stagedoor/stagedoor"
  install -m 0644 "$work/program-$arch/installed/libe_sqlite3.so" "$root/usr/lib/stagedoor/libe_sqlite3.so"
  install -m 0644 LICENSE "$root/usr/share/doc/stagedoor/copyright"
  ln -s ../lib/stagedoor/stagedoor "$root/usr/bin/stagedoor"
}

# /data is the user's, all else is root's: two archives one after the other are one.
pack_layer() {
  local root=$1
  if [ -d "$root/data" ]; then
    tar --create --sort=name --owner="$image_id" --group="$image_id" --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --format=gnu -C "$root" -f "$root.data" data
    rmdir "$root/data"
    pack -C "$root" -f "$root.all" .
    tar --concatenate -f "$root.all" "$root.data"
    cat "$root.all"
    rm "$root.all" "$root.data"
  else
    pack -C "$root" .
  fi
}

annotations() {
  jq -cSn --arg version "$version" --arg revision "$(git rev-parse HEAD)" --arg created "$(created)" '
    {"org.opencontainers.image.title": "Stagedoor", "org.opencontainers.image.version": $version, "org.opencontainers.image.revision": $revision,
     "org.opencontainers.image.created": $created, "org.opencontainers.image.licenses": "Apache-2.0"}'
}

created() { date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ; }

# Keeps what comes in under its digest, and says that.
blob() {
  local layout=$1 file digest
  file=$(mktemp "$layout/blobs/part.XXXXXX")
  cat >"$file"
  digest=$(sha256sum "$file" | cut -d' ' -f1)
  chmod 0644 "$file"
  mv "$file" "$layout/blobs/sha256/$digest"
  echo "sha256:$digest"
}

blob_size() { stat -c %s "$1/blobs/sha256/${2#sha256:}"; }

# The line of the lock: architecture, package, version, SHA-256, file.
locked() { awk -v a="$1" -v p="$2" '$1 == a && $2 == p' eng/packaging/libraries.lock; }

is_here() { echo "$1  $work/libraries/$2" | sha256sum --check --status 2>/dev/null; }

# Downloads the packages of one architecture through apt, as the lock has them or as they are now. Nothing of this machine's own apt is changed.
fetch_libraries() {
  local architecture=$1 newest=$2 package version_wanted hash file missing=()
  mkdir -p "$work/libraries"
  for package in "${library_packages[@]}"; do
    read -r _ _ version_wanted hash file <<<"$(locked "$architecture" "$package")"
    if [ "$newest" = yes ]; then
      missing+=("$package")
    elif [ -z "$hash" ]; then
      fail "eng/packaging/libraries.lock has no $package for $architecture"
    elif ! is_here "$hash" "$file"; then
      missing+=("$package=$version_wanted")
    fi
  done
  ((${#missing[@]} > 0)) || return 0

  needs apt-get
  say "downloading ${missing[*]} ($architecture)…"
  local state=$work/apt-$architecture
  local apt=(-qq -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o "Dir::State=$state" -o "Dir::State::status=$state/status"
    -o "Dir::Cache=$state/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none)
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/new"
  : >"$state/status"
  rm -f "$state/new"/*
  apt-get "${apt[@]}" update >"$state/log" 2>&1 || { cat "$state/log" >&2; fail "apt-get cannot read its sources"; }
  if ! (cd "$state/new" && apt-get "${apt[@]}" download "${missing[@]}") >"$state/log" 2>&1; then
    cat "$state/log" >&2
    fail "the package mirror does not have these versions any more, or is of another release of Debian. --newest-libraries takes those that it has"
  fi
  mv "$state/new"/* "$work/libraries/"

  for package in "${library_packages[@]}"; do
    if [ "$newest" = yes ]; then
      note_library "$architecture" "$package" "$state"
    fi
    read -r _ _ version_wanted hash file <<<"$(locked "$architecture" "$package")"
    is_here "$hash" "$file" || fail "$file is not what eng/packaging/libraries.lock says"
  done
}

# Notes the version that the mirror has now.
note_library() {
  local architecture=$1 package=$2 state=$3 file hash lock=eng/packaging/libraries.lock
  file=$(cd "$work/libraries" && find . -name "${package}_*_*.deb" \( -name "*_$architecture.deb" -o -name '*_all.deb' \) -newer "$state/status" -printf '%C@ %P\n' | sort -n | tail -1 | cut -d' ' -f2)
  hash=$(sha256sum "$work/libraries/$file" | cut -d' ' -f1)
  {
    grep '^#' "$lock"
    { awk -v a="$architecture" -v p="$package" '!/^#/ && !($1 == a && $2 == p)' "$lock"
      echo "$architecture $package $(dpkg-deb --field "$work/libraries/$file" Version) $hash $file"; } | LC_ALL=C sort
  } >"$work/libraries.lock"
  cat "$work/libraries.lock" >"$lock"
}
