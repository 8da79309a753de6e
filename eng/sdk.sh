# Sourced: checks for the .NET SDK that global.json asks for.
require_sdk() {
  if ! command -v dotnet >/dev/null 2>&1; then
    echo "stagedoor: the .NET 10 SDK is not installed. Install it (the package is dotnet-sdk-10.0 in most distributions) and try again." >&2
    exit 1
  fi
  local newest
  newest=$(dotnet --list-sdks 2>/dev/null | awk '{print $1}' | sort -V | tail -n 1)
  if [ "${newest%%.*}" -lt 10 ] 2>/dev/null || [ -z "$newest" ]; then
    echo "stagedoor: the .NET 10 SDK is needed; the newest here is ${newest:-none}. Install dotnet-sdk-10.0 and try again." >&2
    exit 1
  fi
}
