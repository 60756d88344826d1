#!/bin/sh
# A container engine for `make demo` and `make test`.
#
#   scripts/engine.sh start [FOLDER]    prints DOCKER_HOST=… on stdout, narrates on stderr
#   scripts/engine.sh stop [FOLDER]     ends the engine that `start` started, and nothing else
#   scripts/engine.sh status [FOLDER]   prints DOCKER_HOST=… and exits 0 when an engine answers
#   scripts/engine.sh programs          installs what tests with several machines on this one need
#   scripts/engine.sh podman            installs Podman and what it needs here, for scripts/podman.sh
#
# An engine that already answers (DOCKER_HOST, then /var/run/docker.sock) is used as it is. Otherwise
# root gets a dockerd of its own: data, log and lock in FOLDER (COMMUNE_ENGINE_DIR, or .engine in the
# checkout), sockets in /run, because a unix socket's path is limited to 107 bytes. It has no default
# bridge and touches no firewall rule, so several of them, and a Docker of the system, do not disturb
# each other: the networks that commune makes need neither. COMMUNE_ENGINE_OWN=1 starts one of its own
# although another answers.
set -eu

START_SECONDS=60
STOP_SECONDS=30
LOCK_SECONDS=300

command=${1:-}
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=${2:-${COMMUNE_ENGINE_DIR:-$checkout/.engine}}

say() { printf 'engine: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

answers() { # answers DOCKER_HOST: true when an engine replies there within five seconds
  case $1 in
    unix://*) [ -S "${1#unix://}" ] &&
      curl --silent --fail --max-time 5 --output /dev/null --unix-socket "${1#unix://}" http://engine/_ping ;;
    tcp://*) curl --silent --fail --max-time 5 --output /dev/null "http://${1#tcp://}/_ping" ;;
    *) return 1 ;;
  esac
}

# Settles where things are; relative folders become absolute once.
paths() {
  mkdir -p "$folder"
  folder=$(CDPATH='' cd -- "$folder" && pwd)
  run=/run/commune-engine-$(printf '%s' "$folder" | sha256sum | cut -c1-12)
  host=unix://$run/docker.sock
  pidfile=$folder/dockerd.pid
  log=$folder/dockerd.log
}

# The process id in the pid file, if that process is still the engine of this folder.
engine_pid() {
  [ -s "$pidfile" ] || return 1
  pid=$(cat "$pidfile")
  [ -r "/proc/$pid/cmdline" ] && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$host" || return 1
  printf '%s\n' "$pid"
}

use_existing() {
  [ -z "${COMMUNE_ENGINE_OWN:-}" ] || return 1
  if [ -n "${DOCKER_HOST:-}" ]; then
    if answers "$DOCKER_HOST"; then
      say "using the engine at $DOCKER_HOST"
      printf 'DOCKER_HOST=%s\n' "$DOCKER_HOST"
      return 0
    fi
    say "nothing answers at DOCKER_HOST=$DOCKER_HOST"
  fi
  if answers unix:///var/run/docker.sock; then
    say 'using the engine at /var/run/docker.sock'
    printf 'DOCKER_HOST=unix:///var/run/docker.sock\n'
    return 0
  fi
  return 1
}

# Packages without which nothing goes, one a line: what is there already is left alone.
missing_for_engine() {
  command -v dockerd >/dev/null || echo docker.io
  command -v docker-init >/dev/null || echo tini
}

# Images of the demo and the tests are built from it.
missing_busybox() {
  [ -x /bin/busybox ] || echo busybox-static
}

# The programs of test/hosts, which starts engines of its own, and the shells that complete command
# lines. Who may not install them is told there.
programs() {
  can_install || return 0
  # shellcheck disable=SC2046  # lists of words
  install_packages $(missing_for_engine) $(missing_busybox) \
    $(command -v ip >/dev/null || echo iproute2) \
    $(command -v iptables >/dev/null || echo iptables) \
    $(command -v nft >/dev/null || echo nftables) \
    $(command -v sysctl >/dev/null || echo procps) \
    $(command -v zsh >/dev/null || echo zsh) \
    $(command -v fish >/dev/null || echo fish) \
    $(command -v nsenter >/dev/null && command -v setpriv >/dev/null || echo util-linux) \
    $(command -v runsc >/dev/null || ! apt-cache show runsc >/dev/null 2>&1 || echo runsc)
}

# Podman of Debian only recommends its network plugins, and names no runc when crun is there.
podman_programs() {
  can_install || return 0
  # shellcheck disable=SC2046  # lists of words
  install_packages $(missing_busybox) \
    $(command -v podman >/dev/null || echo podman containernetworking-plugins) \
    $(command -v runc >/dev/null || echo runc) \
    $(command -v catatonit >/dev/null || echo catatonit) \
    $(command -v iptables >/dev/null || echo iptables) \
    $(command -v ip >/dev/null || echo iproute2) \
    $(command -v curl >/dev/null || echo curl)
}

install_packages() { # install_packages NAME…
  [ "$#" -gt 0 ] || return 0
  paths
  say "installing $*"
  DEBIAN_FRONTEND=noninteractive apt-get update >>"$folder/apt.log" 2>&1 ||
    say "apt-get update failed (see $folder/apt.log); trying to install all the same"
  # Installing must not start a daemon of the system: policy-rc.d is what Debian asks for permission.
  guard=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    guard=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod 755 "$guard"
  fi
  # --no-remove: a Docker from elsewhere that is installed but stopped must not be replaced.
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove "$@" >>"$folder/apt.log" 2>&1 &&
    installed=yes || installed=no
  [ -z "$guard" ] || rm -f "$guard"
  [ "$installed" = yes ] || fail "installing failed; the end of $folder/apt.log: $(tail -n 3 "$folder/apt.log")"
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

launch() {
  # What a killed engine left behind would keep the new one from starting.
  clean_run
  mkdir -p "$run"
  chmod 711 "$run"
  rm -f "$pidfile"
  # A configuration of the system's Docker is not ours.
  printf '{}\n' >"$folder/daemon.json"
  say "starting dockerd, data in $folder/data, log in $log"
  setsid dockerd \
    --data-root "$folder/data" --exec-root "$run/exec" --pidfile "$pidfile" --host "$host" \
    --config-file "$folder/daemon.json" \
    --bridge none --iptables=false --ip6tables=false --ip-masq=false --userland-proxy=false \
    </dev/null >>"$log" 2>&1 9>&- &
  child=$!
  waited=0
  until answers "$host"; do
    kill -0 "$child" 2>/dev/null || fail "dockerd ended at once; the end of $log: $(tail -n 5 "$log")"
    waited=$((waited + 1))
    [ "$waited" -lt $((START_SECONDS * 10)) ] || {
      kill "$child"
      fail "dockerd does not answer after $START_SECONDS s; see $log"
    }
    sleep 0.1
  done
}

# After an engine that was killed: ends the containers that it left running, their shims and its
# containerd, unmounts what it mounted, and removes its folder in /run.
clean_run() {
  for entry in /proc/[0-9]*; do
    grep -qzF -- "$run/exec/containerd/" "$entry/cmdline" 2>/dev/null || continue
    case $(cat "$entry/comm" 2>/dev/null) in
      containerd-shim*)
        id=$(tr '\0' '\n' <"$entry/cmdline" | sed -n '/^-id$/{n;p;}')
        kill -KILL "${entry#/proc/}" 2>/dev/null || true
        [ -z "$id" ] || end_container "$id"
        ;;
      containerd) kill -KILL "${entry#/proc/}" 2>/dev/null || true ;;
    esac
  done
  # Deepest first.
  awk -v run="$run/" -v data="$folder/data" \
    'index($2, run) == 1 || $2 == data || index($2, data "/") == 1 { print $2 }' /proc/self/mounts |
    sort -r | while IFS= read -r mount; do umount -l "$mount" 2>/dev/null || true; done
  rm -rf "$run"
}

end_container() { # end_container ID: kills every process in the container's control group
  for group in $(grep -lF -- "$1" /proc/[0-9]*/cgroup 2>/dev/null); do
    process=${group#/proc/}
    kill -KILL "${process%/cgroup}" 2>/dev/null || true
  done
}

start() {
  if can_install; then
    # shellcheck disable=SC2046  # lists of words
    install_packages $(command -v curl >/dev/null || echo curl ca-certificates) $(missing_busybox)
  fi
  command -v curl >/dev/null || fail 'curl is needed: install it'
  if use_existing; then return 0; fi
  [ "$(uname -s)" = Linux ] || fail 'no container engine answers: start Docker Desktop, colima or Podman and set DOCKER_HOST'
  [ "$(id -u)" = 0 ] || fail 'no container engine answers, and only root can start one: start Docker or Podman, or run this as root'
  paths
  exec 9>"$folder/lock"
  flock -w "$LOCK_SECONDS" 9 || fail "another start or stop holds $folder/lock"
  if engine_pid >/dev/null && answers "$host"; then
    say "using the engine started before, at ${host#unix://}"
  else
    if [ -n "$(missing_for_engine)" ]; then
      can_install || fail 'no container engine answers, and this is no Debian-like system: install Docker or Podman, start it, and set DOCKER_HOST unless it listens at /var/run/docker.sock'
      say 'no container engine answers'
      # shellcheck disable=SC2046  # a list of words
      install_packages $(missing_for_engine)
    fi
    if pid=$(engine_pid); then end "$pid"; fi
    launch
    say "ready, Docker $(curl -s --unix-socket "$run/docker.sock" http://engine/version | sed 's/.*"Version":"\([^"]*\)".*/\1/')"
  fi
  printf 'DOCKER_HOST=%s\n' "$host"
}

end() { # end PID: asks, waits, then kills
  kill "$1" 2>/dev/null || true
  waited=0
  while kill -0 "$1" 2>/dev/null; do
    waited=$((waited + 1))
    [ "$waited" -lt $((STOP_SECONDS * 10)) ] || { kill -KILL "$1" 2>/dev/null || true; break; }
    sleep 0.1
  done
}

stop() {
  [ -d "$folder" ] || return 0
  paths
  exec 9>"$folder/lock"
  flock -w "$LOCK_SECONDS" 9 || fail "another start or stop holds $folder/lock"
  if pid=$(engine_pid); then
    say "stopping dockerd ($pid)"
    end "$pid"
  else
    say 'no engine of ours is running'
  fi
  clean_run
  rm -f "$pidfile"
}

status() {
  if command -v curl >/dev/null && use_existing; then return 0; fi
  paths
  if engine_pid >/dev/null && answers "$host"; then
    say "using the engine started before, at ${host#unix://}"
    printf 'DOCKER_HOST=%s\n' "$host"
    return 0
  fi
  say 'no engine answers'
  return 1
}

case $command in
  start | stop | status | programs) "$command" ;;
  podman) podman_programs ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
