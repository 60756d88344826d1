#!/bin/sh
# What a pipeline does with a folder of workloads. Copy it into your repository.
#
#   commune-ci.sh check FOLDER    on a change: what is wrong, and what it would do
#   commune-ci.sh deploy FOLDER   on the main branch: publish it, and wait until it is healthy
#
# Environment:
#   COMMUNE_SERVICE, COMMUNE_IDENTIFIER, COMMUNE_PASSWORD   your account, with an app password
#   COMMUNE_OVERLAY   the overlay of commune.yaml to put on top
#   COMMUNE_OPTIONS   more options for sync, such as --prune --yes
#   COMMUNE_TIMEOUT   how long to wait for health (default: 5m)
#   COMMUNE_REPORTS   folder for junit.xml, errors.json and diff.md (default: commune-reports)
#   COMMUNE           how commune is called (default: commune)
#
# Exit codes are those of commune: 0 done, 1 it failed, 2 invalid input, 3 published but not placed,
# 4 placed but not healthy, or rolled back, 5 timed out waiting.
set -eu

mode=${1:-}
folder=${2:-workloads}
reports=${COMMUNE_REPORTS:-commune-reports}
commune=${COMMUNE:-commune}
mkdir -p "$reports"

# The options that every command here takes.
set -- --errors "junit=$reports/junit.xml" --errors "json=$reports/errors.json"
[ -z "${COMMUNE_OVERLAY:-}" ] || set -- "$@" --overlay "$COMMUNE_OVERLAY"
[ -z "${GITHUB_ACTIONS:-}" ] || set -- "$@" --errors github

# Where the service has a page for a summary, the difference stands there too.
summarise() {
  {
    echo '### commune'
    echo
    echo '````diff'
    # A line that begins with ~ or ? would have no colour.
    sed -e 's/^~/!/' -e 's/^?/#/' "$reports/diff.txt"
    echo '````'
  } >"$reports/diff.md"
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$reports/diff.md" >>"$GITHUB_STEP_SUMMARY"
}

case $mode in
check)
  $commune validate "$folder" "$@"
  if [ -z "${COMMUNE_PASSWORD:-}" ]; then
    # A change from somebody else's copy of the repository has no secrets, and needs none for this.
    echo 'No credentials, so the difference to what is published is not shown.' >&2
    exit 0
  fi
  code=0
  $commune diff "$folder" "$@" >"$reports/diff.txt" || code=$?
  cat "$reports/diff.txt"
  # 1 says that there is a difference, which is what a change is for.
  [ "$code" -le 1 ] || exit "$code"
  summarise
  ;;
deploy)
  code=0
  # shellcheck disable=SC2086 # several options, on purpose
  $commune sync "$folder" "$@" --wait --timeout "${COMMUNE_TIMEOUT:-5m}" ${COMMUNE_OPTIONS:-} || code=$?
  echo "commune sync ended with exit code $code." >&2
  exit "$code"
  ;;
*)
  echo 'usage: commune-ci.sh check|deploy FOLDER' >&2
  exit 2
  ;;
esac
