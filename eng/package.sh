#!/usr/bin/env bash
# Makes the packages that people install, in artifacts/packages, from the sources that are checked out. The same commit gives the same bytes,
# with the same SDK, wherever it lies.
#
#   eng/package.sh [--arch x64|arm64] [--newest-libraries] [PART…]     all parts and both architectures, unless some are named
#
#   self-contained   stagedoor-VERSION-linux-ARCH.tar.gz               one file that needs nothing but the system's C++ and OpenSSL libraries
#   framework        stagedoor-VERSION-linux-ARCH-framework.tar.gz     one file that needs the ASP.NET Core 10 runtime
#   deb              stagedoor_VERSION_ARCH.deb                        for Debian, Ubuntu and their kin: the program as a service
#   image            stagedoor-VERSION-image.tar                       a container image for both architectures, as an OCI archive
#   sbom             stagedoor-VERSION.cdx.json                        what is in them, with versions, licenses and hashes (CycloneDX)
#
# and SHA256SUMS of all that lies there. --newest-libraries takes the image's system libraries as the package mirror has them now, and notes
# them in eng/packaging/libraries.lock; without it they are those of the lock. Needs the .NET 10 SDK, git, jq, and dpkg for deb and image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=eng/sdk.sh
. eng/sdk.sh
# shellcheck source=eng/packaging/common.sh
. eng/packaging/common.sh

all=(self-contained framework deb image sbom)
archs=() parts=()
newest=no
while (($# > 0)); do
  case "$1" in
    -h | --help) sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    --arch)
      case "${2:-}" in x64 | arm64) archs+=("$2") ;; *) fail "--arch is x64 or arm64" ;; esac
      shift
      ;;
    --newest-libraries) newest=yes ;;
    self-contained | framework | deb | image | sbom) parts+=("$1") ;;
    *) fail "there is no part '$1'. There are: ${all[*]}; see eng/package.sh --help" ;;
  esac
  shift
done
((${#archs[@]} > 0)) || archs=(x64 arm64)
((${#parts[@]} > 0)) || parts=("${all[@]}")

require_sdk
needs git jq tar gzip sha256sum
case " ${parts[*]} " in *" deb "* | *" image "*) needs dpkg-deb ;; esac
prepare

for arch in "${archs[@]}"; do
  publish "$arch" "${parts[@]}"
done

for part in "${parts[@]}"; do
  case "$part" in
    self-contained | framework)
      for arch in "${archs[@]}"; do
        # shellcheck source=eng/packaging/file.sh
        (. eng/packaging/file.sh; make_file "$part" "$arch")
      done
      ;;
    deb)
      for arch in "${archs[@]}"; do
        # shellcheck source=eng/packaging/deb.sh
        (. eng/packaging/deb.sh; make_deb "$arch")
      done
      ;;
    # shellcheck source=eng/packaging/image.sh
    image) (. eng/packaging/image.sh; make_image "$newest" "${archs[@]}") ;;
    # shellcheck source=eng/packaging/sbom.sh
    sbom) (. eng/packaging/sbom.sh; make_sbom "${archs[@]}") ;;
  esac
done

(cd "$out" && find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
say "SHA256SUMS"
