#!/bin/sh
# Generates what is generated, into the checkout or into another folder with the same layout:
# src/lexicons from lexicons/, the types and checks of the YAML kinds from schemas/, and docs/cli.md
# from the table of commands.
set -eu
cd "$(dirname "$0")/.."
root=${1:-.}
sh scripts/generate-lexicons.sh "$root/src/lexicons" >/dev/null
node scripts/generate-schemas.ts "$root"
node scripts/generate-cli-docs.ts "$root"
