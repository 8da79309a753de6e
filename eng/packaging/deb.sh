# Sourced by eng/package.sh: the Debian package.
make_deb() {
  local arch=$1 architecture
  architecture=$(debian_arch "$arch")
  local root=$work/deb-$architecture
  local doc=$root/usr/share/doc/stagedoor
  # A version before a release is less than it.
  local debian_version=${version/-/\~}
  rm -rf "$root"
  (
    umask 022
    mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/lib/stagedoor" "$root/etc/stagedoor" "$root/lib/systemd/system" "$doc" \
      "$root/usr/share/man/man1" "$root/usr/share/lintian/overrides"
    install -m 0755 "$work/program-$arch/installed/stagedoor" "$root/usr/lib/stagedoor/stagedoor"
    install -m 0644 "$work/program-$arch/installed/libe_sqlite3.so" "$root/usr/lib/stagedoor/libe_sqlite3.so"
    ln -s ../lib/stagedoor/stagedoor "$root/usr/bin/stagedoor"
    install -m 0644 eng/packaging/stagedoor.service "$root/lib/systemd/system/stagedoor.service"
    install -m 0644 eng/packaging/stagedoor.json "$root/etc/stagedoor/stagedoor.json"
    install -m 0644 eng/packaging/debian/copyright "$doc/copyright"
    install -m 0644 eng/packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/stagedoor"
    gzip -n -9 <eng/packaging/stagedoor.1 >"$root/usr/share/man/man1/stagedoor.1.gz"
    printf 'stagedoor (%s) stable; urgency=medium\n\n  * Made from commit\n    %s.\n\n -- The Stagedoor maintainers <maintainers@stagedoor.invalid>  %s\n' \
      "$debian_version" "$(git rev-parse HEAD)" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -n -9 >"$doc/changelog.gz"
    install -m 0755 eng/packaging/debian/postinst eng/packaging/debian/prerm eng/packaging/debian/postrm "$root/DEBIAN/"
    echo /etc/stagedoor/stagedoor.json >"$root/DEBIAN/conffiles"
    (cd "$root" && find usr lib -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
    cat >"$root/DEBIAN/control" <<CONTROL
Package: stagedoor
Version: $debian_version
Architecture: $architecture
Maintainer: The Stagedoor maintainers <maintainers@stagedoor.invalid>
Installed-Size: $(du -s -k --apparent-size --exclude=DEBIAN "$root" | cut -f1)
Depends: adduser, ca-certificates, libc6 (>= 2.27), libgcc-s1, libstdc++6 (>= 8), libssl3t64 | libssl3 | libssl1.1
Section: net
Priority: optional
Description: services behind ServiceStage, on your own machine
 Stagedoor serves the interfaces of Huawei Cloud ServiceStage without the
 cloud: identity management, an image repository with an OCI registry, and
 service discovery for microservices. Clients, SDKs and tools that speak to
 the original speak to it unchanged.
 .
 The package runs it as the service stagedoor, with a user of its own and all
 of its data in /var/lib/stagedoor.
CONTROL
    chmod 0644 "$root/DEBIAN/control" "$root/DEBIAN/conffiles" "$root/DEBIAN/md5sums"
    find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  )
  local name=stagedoor_${debian_version}_$architecture.deb
  dpkg-deb --root-owner-group -Zgzip -z6 --uniform-compression --build "$root" "$out/$name" >/dev/null
  say "$name ($(size "$out/$name"))"
}
