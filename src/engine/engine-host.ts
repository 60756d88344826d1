import type { EngineHost } from '../ports/engine.ts'

/** What the engine says of its machine. Podman leaves much of it out. */
export interface RawHost {
  readonly SecurityOptions?: readonly string[] | null
  readonly CgroupVersion?: string
  readonly MemoryLimit?: boolean
  readonly SwapLimit?: boolean
  readonly PidsLimit?: boolean
  readonly CpuCfsQuota?: boolean
  readonly CPUCfsQuota?: boolean
  readonly DockerRootDir?: string
  readonly RuncCommit?: { readonly ID?: string }
}

interface RawComponent {
  readonly Name: string
  readonly Version?: string
}

/** The walls and limits that the machine has, in words of our own. */
export function engineHost(
  info: RawHost,
  components: readonly RawComponent[] | undefined,
): EngineHost {
  const walls = new Set(
    (info.SecurityOptions ?? []).map((text) => /^(?:name=)?([a-z-]+)/.exec(text)?.[1]),
  )
  const lacks = [
    ['memory', info.MemoryLimit],
    ['swap', info.SwapLimit],
    ['pids', info.PidsLimit],
    ['CPU', info.CpuCfsQuota ?? info.CPUCfsQuota],
  ] as const
  const runc = runcVersion(info, components)
  return {
    ...(runc === undefined ? {} : { runc }),
    seccomp: walls.has('seccomp'),
    accessControl: walls.has('apparmor')
      ? 'AppArmor'
      : walls.has('selinux')
        ? 'SELinux'
        : undefined,
    userNamespaces: walls.has('userns') || walls.has('rootless'),
    limitsMissing: lacks.filter(([, has]) => has === false).map(([name]) => name),
    ...(info.CgroupVersion === undefined ? {} : { cgroupVersion: info.CgroupVersion }),
    ...(info.DockerRootDir === undefined ? {} : { dataFolder: info.DockerRootDir }),
  }
}

/** Debian writes its own version into the commit; elsewhere that is a hash. */
function runcVersion(
  info: RawHost,
  components: readonly RawComponent[] | undefined,
): string | undefined {
  const commit = info.RuncCommit?.ID ?? ''
  if (/^\d+\.\d+/.test(commit)) return commit
  return components?.find(({ Name }) => Name === 'runc')?.Version
}
