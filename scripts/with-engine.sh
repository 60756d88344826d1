#!/bin/sh
# Runs a command with DOCKER_HOST set to a container engine that answers. An engine that had to be
# started for it is stopped afterwards, by whoever uses it last. SIGTERM and SIGINT are passed on to
# the command as SIGTERM, and the command's exit code is this script's.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .engine
# Says that `start` below brought the engine up, so that it is ours to stop.
mark=.engine/started-for-a-run

child=
interrupted=
forward() {
  interrupted=1
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null || true; fi
}
trap forward TERM INT HUP

# Everybody who uses the engine holds this lock in shared mode; the last one gets it alone.
# No child may inherit it, since the engine outlives this script's siblings.
counted=
if command -v flock >/dev/null; then
  counted=1
  exec 8>.engine/users
  flock -s 8
fi

finish() {
  [ -e "$mark" ] || return 0
  if [ -n "$counted" ] && ! flock -n -x 8; then return 0; fi
  rm -f "$mark"
  sh scripts/engine.sh stop >/dev/null 2>.engine/stop.log 8>&- || cat .engine/stop.log >&2
}

sh scripts/engine.sh status >/dev/null 2>&1 8>&- || : >"$mark"
engine=$(sh scripts/engine.sh start 8>&-) || { finish; exit 1; }
export "${engine?}"

code=130
if [ -z "$interrupted" ]; then
  "$@" <&0 8>&- &
  child=$!
  # A signal ends `wait` early, so it is called again until the command is really gone.
  while :; do
    code=0
    wait "$child" || code=$?
    kill -0 "$child" 2>/dev/null || break
  done
fi
finish
exit "$code"
