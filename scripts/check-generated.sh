#!/bin/sh
# Fails when a generated file is not what its source gives now, or has no source any more.
set -eu
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
sh scripts/generate.sh "$fresh"

generated() { # the generated files below a folder, sorted
  (cd "$1" && find src docs -type f \
    \( -path 'src/lexicons/*' -o -name '*.gen.ts' -o -path docs/cli.md \) | sort)
}
generated "$fresh" >"$fresh/there"
generated . >"$fresh/here"
stale=$(
  comm -3 "$fresh/there" "$fresh/here" | tr -d '\t'
  comm -12 "$fresh/there" "$fresh/here" | while IFS= read -r path; do
    cmp -s "$path" "$fresh/$path" || echo "$path"
  done
)
[ -z "$stale" ] || {
  echo "Not up to date (run 'make generate'):" "$stale" >&2
  exit 1
}
