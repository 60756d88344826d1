import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hostileGuests, MOST_GRANTED, type HostileGuests } from '../support/hostile-guest.ts'
import { systemCallProgram, type SystemCall } from '../support/system-call.ts'

/** A real container that tries the walls between itself and the machine, and what its owner would notice. */

const MIB = 1024 ** 2
const PIDS_MAX = 256

let guests: HostileGuests

beforeAll(async () => {
  guests = await hostileGuests('hostile')
})
afterEach(() => guests.removeAll())
afterAll(() => guests[Symbol.asyncDispose]())

describe('what an image brings along', () => {
  test('#41 a volume of the image is memory: nothing of it comes to the disk', async () => {
    const image = await guests.image({ volumes: ['/data'] })
    const id = await guests.run('touch /data/x && echo wrote; sleep 600', { image })
    await guests.until(async () => {
      for await (const { line } of guests.engine.logs(id, {})) if (line === 'wrote') return true
      return false
    })
    const { Mounts } = await guests.docker.getContainer(id).inspect()
    expect(Mounts.filter(({ Type }) => Type === 'volume')).toEqual([])
    expect(await guests.lines('mount | grep " /data "', { image })).toEqual([
      expect.stringMatching(/^tmpfs on \/data type tmpfs .*noexec/),
    ])
  })

  test('#42 labels of the image say nothing to other software on the machine', async () => {
    const labels = { 'traefik.enable': 'true', 'traefik.http.routers.x.rule': 'Host(`bank`)' }
    const image = await guests.image({ labels })
    const id = await guests.run('sleep 600', { image })
    const { Config } = await guests.docker.getContainer(id).inspect()
    expect(Config.Labels).toMatchObject({
      'traefik.enable': '',
      'traefik.http.routers.x.rule': '',
    })
  })

  test('#43 an image that wants to be user 0 is the user of the workload', async () => {
    const image = await guests.image({ user: '0' })
    expect(await guests.lines('id', { image })).toEqual(['uid=65532 gid=65532 groups=65532'])
  })

  test('a program that is somebody else by its mode (setuid) stays who it was', async () => {
    const busybox = await readFile('/bin/busybox')
    const image = await guests.image({ files: { '/suid/id': { content: busybox, mode: 0o6755 } } })
    expect(await guests.lines('ls -l /suid/id; /suid/id -u; /suid/id -g', { image })).toEqual([
      expect.stringMatching(/^-rwsr-sr-x/),
      '65532',
      '65532',
    ])
  })
})

describe('more than its share', () => {
  test('#45 a fork bomb stays inside: the machine and a neighbour go on', async () => {
    const neighbour = await guests.run('while :; do echo alive; sleep 0.2; done')
    const bomb = await guests.run("sh -c 'while :; do sleep 600 & done'; exec sleep 600", {
      memoryBytes: 256 * MIB,
    })
    const { pids } = await guests.until(async () => {
      const found = await guests.engine.stats(bomb)
      return found.pids >= PIDS_MAX - 2 && found
    })
    expect(pids).toBeLessThanOrEqual(PIDS_MAX)
    const said = async () => {
      let count = 0
      for await (const _ of guests.engine.logs(neighbour, {})) count += 1
      return count
    }
    const before = await said()
    await guests.until(async () => (await said()) > before)
    expect(await guests.lines('echo the engine starts others')).toEqual([
      'the engine starts others',
    ])
  })

  test('#46 who takes all memory is killed alone', async () => {
    const neighbour = await guests.run('exec sleep 600')
    const hog = await guests.run('exec tail /dev/zero', { memoryBytes: 32 * MIB })
    const ended = await guests.until(async () => {
      const found = await guests.engine.findContainer(hog)
      return found?.state === 'exited' && found
    })
    expect(ended).toMatchObject({ oomKilled: true, exitCode: 137 })
    const other = await guests.docker.getContainer(neighbour).inspect()
    expect(other.State).toMatchObject({ Running: true, OOMKilled: false })
  })

  test('#47 a flood of output leaves at most 2 MB on the disk', async () => {
    const id = await guests.run('yes 0123456789abcdef0123456789abcdef | head -c 12000000')
    await guests.until(async () => (await guests.engine.findContainer(id))?.state === 'exited')
    const { LogPath } = await guests.docker.getContainer(id).inspect()
    const sizes = await Promise.all(
      ['', '.1', '.2'].map((end) =>
        stat(`${LogPath}${end}`).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(total).toBeGreaterThan(0)
    // The engine looks at the size after each line.
    expect(total).toBeLessThanOrEqual(2 * MIB + 1_024)
  })

  test('a memory file system that is filled is full, or costs its own memory only', async () => {
    const lines = await guests.lines(
      'dd if=/dev/zero of=/tmp/x bs=1M count=500 2>&1 | tail -1; echo $(($(stat -c %s /tmp/x) / 1048576)); exit 0',
      { tmpfs: ['/tmp:size=8m'], memoryBytes: 64 * MIB },
    )
    expect(lines.at(-1)).toBe('8')
  })

  test('a loop on every processor gets no more than its processor limit', async () => {
    const cpuMilli = 200
    const hog = 'for i in 1 2 3 4; do (while :; do :; done) & done; wait'
    const id = await guests.run(hog, { cpuMilli })
    const first = await guests.engine.stats(id)
    const sinceMs = performance.now()
    const used = await guests.until(async () => {
      const { cpuNanos } = await guests.engine.stats(id)
      return cpuNanos - first.cpuNanos > 4e8 && cpuNanos - first.cpuNanos
    })
    const elapsedMs = performance.now() - sinceMs
    // Four loops without a limit would use a core at the least.
    expect(used / 1e6 / elapsedMs).toBeLessThan((2 * cpuMilli) / 1_000)
  })

  test('the limits of open files and of core files can’t be raised', async () => {
    const script =
      'ulimit -n; ulimit -c; ulimit -n 100000; ulimit -c unlimited; ulimit -n; ulimit -c'
    const lines = await guests.lines(`(${script}) 2>/dev/null; exit 0`)
    expect(lines.slice(0, 2)).toEqual(['4096', '0'])
    expect(lines.slice(2)).not.toContain('100000')
    expect(lines.slice(2)).not.toContain('unlimited')
  })

  test('what crashes leaves no core file', async () => {
    const script =
      'cd /tmp; (sh -c "kill -SEGV \\$\\$"; echo ended $?; ls /tmp | wc -l) 2>/dev/null'
    expect(await guests.lines(script)).toEqual(['ended 139', '0'])
  })

  test('what is written to a root that was granted goes with the container', async () => {
    const script = 'dd if=/dev/zero of=/big bs=1M count=20 2>/dev/null && ls /big; sleep 600'
    const id = await guests.run(script, { security: 'baseline', readOnly: false, user: '0' })
    await guests.until(async () => {
      const [found] = await guests.docker.listContainers({ size: true, filters: { id: [id] } })
      return (found as { SizeRw?: number } | undefined)?.SizeRw === 20 * MIB
    })
    await guests.engine.removeContainer(id)
    expect(await guests.lines('ls /big 2>&1; exit 0')).toEqual([
      'ls: /big: No such file or directory',
    ])
  })
})

const CLONE_NEWUSER = 0x1000_0000
const CLONE_NEWNS = 0x0002_0000
const AF_INET = 2
const AF_PACKET = 17
const SOCK_RAW = 3
const PTRACE_ATTACH = 16
const REBOOT_MAGIC = [0xfee1_dead, 672_274_793, 0] as const

/** What the kernel is asked for, and the numbers of the call. */
const CALLS: readonly (readonly [string, SystemCall, ...number[]])[] = [
  ['mount something', 'mount', 0, 0, 0, 0x1000],
  ['take a mount away', 'umount', 0],
  ['change the root', 'pivotRoot', 0, 0],
  ['make a user namespace', 'unshare', CLONE_NEWUSER],
  ['make a mount namespace', 'unshare', CLONE_NEWNS],
  ['enter a namespace', 'setns', 0, CLONE_NEWNS],
  ['open a raw socket', 'socket', AF_INET, SOCK_RAW, 1],
  ['listen to the wire', 'socket', AF_PACKET, SOCK_RAW, 0],
  ['load a BPF program', 'bpf', 0, 0, 0],
  ['use the kernel’s keys', 'keyctl', 0, 0],
  ['add a key', 'addKey', 0, 0, 0, 0],
  ['handle page faults', 'userfaultfd', 0],
  ['watch performance', 'perfEventOpen', 0, 0, 0, 0],
  ['open a file past its path', 'openByHandle', 0, 0, 0],
  ['load another kernel', 'kexecLoad', 0, 0, 0, 0],
  ['load a module', 'initModule', 0, 0, 0],
  ['restart the machine', 'reboot', ...REBOOT_MAGIC],
  ['swap', 'swapon', 0, 0],
  ['set the clock', 'setTime', 0, 0],
  ['change its host name', 'setHostname', 0, 0],
  ['set quotas', 'quotactl', 0, 0, 0, 0],
]
const EPERM = '1'
const ENOSYS = '38'

describe('what it asks of the kernel', () => {
  const nameOf = (index: number) => `/calls/${index}`

  test.each([
    ['a restricted container', {}],
    ['root with all that a policy can grant', MOST_GRANTED],
  ])('%s is refused every privileged call', async (_, level) => {
    const programs = CALLS.map(
      ([, call, ...values], index) =>
        [nameOf(index), { content: systemCallProgram(call, ...values), mode: 0o755 }] as const,
    )
    const image = await guests.image({ files: Object.fromEntries(programs) })
    const script = CALLS.map((_call, index) => `${nameOf(index)}; echo ${index} $?`).join('\n')
    const lines = await guests.lines(script, { ...level, image })
    const allowed = lines.flatMap((line) => {
      const [index, errno = ''] = line.split(' ')
      const isRefused = errno === EPERM || errno === ENOSYS
      return isRefused ? [] : [`${CALLS[Number(index)]?.[0]}: ${errno}`]
    })
    expect(lines).toHaveLength(CALLS.length)
    expect(allowed).toEqual([])
  })

  test('a call that is allowed is seen as such by the same means', async () => {
    const program = systemCallProgram('socket', AF_INET, 1, 0)
    const image = await guests.image({ files: { '/call': { content: program, mode: 0o755 } } })
    const [errno] = await guests.lines('/call; echo $?', { image })
    // The number of a file, negated.
    expect(Number(errno)).toBeGreaterThan(133)
  })

  test('a restricted container can’t leave its root or make devices', async () => {
    const program = systemCallProgram('chroot', 0)
    const image = await guests.image({ files: { '/chroot': { content: program, mode: 0o755 } } })
    const script = '/chroot; echo $?; busybox mknod /tmp/sda b 8 0 2>&1; exit 0'
    expect(await guests.lines(script, { image })).toEqual([
      EPERM,
      'mknod: /tmp/sda: Operation not permitted',
    ])
  })

  test('a disk of the machine can’t be opened, though MKNOD was granted', async () => {
    const script =
      'for n in "8 0" "254 0" "253 0" "259 0"; do busybox mknod /disk b $n && head -c 1 /disk 2>&1; rm -f /disk; done; busybox mknod /mem c 1 1 && head -c 1 /mem 2>&1; exit 0'
    const lines = await guests.lines(script, MOST_GRANTED)
    expect(lines).toHaveLength(5)
    for (const line of lines) expect(line).toContain('Operation not permitted')
  })
})

describe('what it sees of the machine', () => {
  test('no process but its own, and none that it could trace', async () => {
    const attach = systemCallProgram('ptrace', PTRACE_ATTACH, process.pid)
    const image = await guests.image({ files: { '/attach': { content: attach, mode: 0o755 } } })
    const lines = await guests.lines('ps -o comm | sort -u; /attach; echo errno $?', {
      ...MOST_GRANTED,
      image,
    })
    const processes = lines.slice(0, -1).filter((line) => line !== 'COMMAND')
    expect(
      processes.every((name) => /^(?:docker-init|tini|sh|ps|sort|catatonit)$/.test(name)),
    ).toBe(true)
    // There is no such process, or it may not be traced.
    expect(lines.at(-1)).toMatch(/^errno (?:1|3)$/)
  })

  test('no socket of an engine, and no file of the machine', async () => {
    const script =
      'busybox find / -xdev -type s 2>/dev/null; ls /var/run/docker.sock /run/containerd 2>/dev/null; grep -c "^/dev/" /proc/mounts; cat /etc/hostname'
    const lines = await guests.lines(script)
    expect(lines.join('\n')).not.toContain('sock')
    expect(lines.at(-1)).not.toBe(hostname())
  })

  test.each([
    ['a restricted container', {}],
    ['root with all that a policy can grant', MOST_GRANTED],
  ])('%s reads no memory, key or timer of the kernel', async (_, level) => {
    const files = ['kcore', 'keys', 'timer_list', 'sched_debug', 'latency_stats'].map(
      (name) => `/proc/${name}`,
    )
    const script = `cat ${files.join(' ')} /proc/kmsg /dev/mem 2>/dev/null | wc -c`
    expect(await guests.lines(script, level)).toEqual(['0'])
  })

  test.each([
    ['a restricted container', {}],
    ['root with all that a policy can grant', MOST_GRANTED],
  ])('%s changes nothing in /proc/sys and /sys', async (_, level) => {
    const files = [
      ...['/proc/sys/kernel/core_pattern', '/proc/sys/net/ipv4/ip_forward', '/proc/sysrq-trigger'],
      ...[
        '/proc/sys/vm/overcommit_memory',
        '/proc/irq/0/smp_affinity',
        '/sys/kernel/uevent_helper',
      ],
      ...['/proc/sys/net/ipv4/conf/all/rp_filter', '/proc/sys/net/ipv6/conf/all/disable_ipv6'],
    ]
    const script = files.map((file) => `(echo 0 >${file}) 2>/dev/null && echo wrote ${file}`)
    const cgroups = 'busybox find /sys/fs/cgroup -type f -perm -200 2>/dev/null | head -3'
    const lines = await guests.lines(
      `${script.join('\n')}\nfor f in $(${cgroups}); do (echo 0 >$f) 2>/dev/null && echo wrote $f; done; echo done`,
      level,
    )
    expect(lines).toEqual(['done'])
  })
})
