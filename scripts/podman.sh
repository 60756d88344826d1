#!/bin/sh
# Runs the contract tests of the engine's driver against Podman, as root, with a service and a network
# namespace of its own, so that the networks and firewall rules that Podman makes touch nothing else.
# Needs podman, runc and catatonit, with CNI networks; brings them where it may. What keeps it from
# running is said, and counts as no test. The last line is `N passed, N failed`.
set -eu
cd "$(dirname "$0")/.."

skip() { printf 'podman: skipped: %s\n0 passed, 0 failed\n' "$*"; exit 0; }

[ "$(id -u)" = 0 ] || skip 'its containers’ networks can only be entered by root'
sh scripts/engine.sh podman || true
for program in podman runc catatonit; do
  command -v "$program" >/dev/null || skip "$program is missing and can’t be installed here"
done
unshare --net --pid --fork --kill-child --mount-proc --propagation slave true 2>/dev/null ||
  skip 'no process here may get a network of its own'
runc=$(command -v runc)
folder=$(mktemp -d)
networks=$(podman --root "$folder/root" --runroot "$folder/run" info --format '{{.Host.NetworkBackend}}' 2>&1) || true
[ "$networks" = cni ] || { rm -rf "$folder"; skip "only CNI networks have been tried, and this one has: $networks"; }
# The registry of the tests speaks plain HTTP on the loopback of the namespace.
printf '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n' >"$folder/registries.conf"
export CONTAINERS_REGISTRIES_CONF="$folder/registries.conf" DOCKER_HOST="unix://$folder/podman.sock"
export folder runc

code=0
# The end of its process namespace ends whatever Podman leaves behind.
unshare --net --pid --fork --kill-child --mount-proc --propagation slave sh -ec '
  ip link set lo up
  # In a folder of its own: a container that ran out of memory leaves a file where the service runs.
  (cd "$folder" && exec podman --root "$folder/root" --runroot "$folder/run" --runtime "$runc" \
    --cgroup-manager cgroupfs system service --time 0 "$DOCKER_HOST") >"$folder/log" 2>&1 &
  service=$!
  waited=0
  until curl --silent --fail --output /dev/null --unix-socket "$folder/podman.sock" http://engine/_ping; do
    waited=$((waited + 1))
    [ "$waited" -lt 100 ] && kill -0 "$service" || { tail -n 5 "$folder/log" >&2; exit 1; }
    sleep 0.1
  done
  code=0
  node scripts/test.ts test/contract/engine.test.ts test/contract/docker.test.ts || code=$?
  kill "$service"
  wait "$service" || true
  exit "$code"
' || code=$?
for mount in $(awk -v folder="$folder/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts | sort -r); do
  umount -l "$mount" || true
done
rm -rf "$folder"
exit "$code"
