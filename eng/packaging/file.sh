# Sourced by eng/package.sh: the program in an archive, for who has no package manager that fits.
make_file() {
  local form=$1 arch=$2
  local name=stagedoor-$version-linux-$arch
  local source=one-file
  if [ "$form" = framework ]; then
    name=$name-framework
    source=framework
  fi
  local root=$work/file/$name
  rm -rf "$work/file"
  mkdir -p "$root"
  install -m 0755 "$work/program-$arch/$source/stagedoor" "$root/stagedoor"
  install -m 0644 LICENSE eng/packaging/stagedoor.service eng/packaging/stagedoor.json "$root/"
  pack -C "$work/file" "$name" | gzip -n >"$out/$name.tar.gz"
  local started=""
  # The other form needs a runtime, which only who asks for it has to have.
  if [ "$form" = self-contained ] && is_ours "$arch"; then
    started=", serves after $(start_time "$root/stagedoor") ms"
  fi
  say "$name.tar.gz ($(size "$out/$name.tar.gz"), unpacked $(size "$root/stagedoor")$started)"
}
