import { CommuneError } from '../model/errors.ts'

/** Size of a tmpfs that says nothing of its own, bytes. Its pages count as the container's memory. */
const DEFAULT_SIZE_BYTES = 16 * 1024 * 1024

const ALWAYS = ['nosuid', 'nodev']
const NUMBERED = /^(?:size=\d{1,15}[kKmMgG]?|mode=[0-7]{1,4}|uid=\d{1,10}|gid=\d{1,10})$/
const FLAGS = new Set(['rw', 'ro', 'exec', 'noexec', ...ALWAYS])
/** The kernel's own file systems and the root must not be covered. */
const RESERVED = ['/proc', '/sys', '/dev']

export interface TmpfsPlan {
  /** `/path` or `/path:options`, as in Compose. */
  readonly wanted: readonly string[]
  /** Paths that the image declares as volumes: covered, since a volume would be a disk without a limit. */
  readonly imageVolumes: readonly string[]
  readonly memoryBytes: number
  /** `uid:gid` that owns them. */
  readonly user: string
  /** Podman takes no ids, but its `U` gives a mount to the container’s user. */
  readonly isPodman: boolean
}

/**
 * Docker's `Tmpfs` option: what was asked for, `/tmp`, and a cover over each volume of the image.
 * Nothing there is a device or set-uid; programs can be run from it only where `exec` was asked for.
 * Fails with `invalid-input`.
 */
export function tmpfsOption(plan: TmpfsPlan): Record<string, string> {
  const option: Record<string, string> = {}
  for (const entry of plan.wanted) {
    const colon = entry.indexOf(':')
    const path = checkedPath(colon === -1 ? entry : entry.slice(0, colon))
    option[path] = mountOptions(colon === -1 ? [] : entry.slice(colon + 1).split(','), plan)
  }
  option['/tmp'] ??= mountOptions([], plan)
  for (const volume of plan.imageVolumes) {
    const path = checkedPath(volume)
    option[path] ??= mountOptions([], plan)
  }
  return option
}

function mountOptions(given: readonly string[], plan: TmpfsPlan): string {
  for (const word of given) {
    if (!FLAGS.has(word) && !NUMBERED.test(word)) {
      throw new CommuneError('invalid-input', `tmpfs knows no option “${word}”`, {
        hint: 'known are size=, mode=, uid=, gid=, ro, rw, exec and noexec',
      })
    }
  }
  const named = (prefix: string) => given.some((word) => word.startsWith(prefix))
  return [
    given.includes('ro') ? 'ro' : 'rw',
    given.includes('exec') ? 'exec' : 'noexec',
    ...ALWAYS,
    ...given.filter((word) => NUMBERED.test(word)),
    ...(named('size=') ? [] : [`size=${Math.min(DEFAULT_SIZE_BYTES, plan.memoryBytes)}`]),
    ...ownership(given, plan),
    ...(named('mode=') ? [] : ['mode=1777']),
  ].join(',')
}

/** runc gives the mount the mode of the folder beneath, whatever is asked: so the owner must fit. */
function ownership(given: readonly string[], { user, isPodman }: TmpfsPlan): string[] {
  const [uid, gid] = user.split(':')
  const isGiven = (prefix: string) => given.some((word) => word.startsWith(prefix))
  if (isPodman) return isGiven('uid=') || isGiven('gid=') ? [] : ['U']
  return [...(isGiven('uid=') ? [] : [`uid=${uid}`]), ...(isGiven('gid=') ? [] : [`gid=${gid}`])]
}

function checkedPath(path: string): string {
  const parts = path.split('/')
  const clean =
    path.startsWith('/') &&
    path.length <= 4096 &&
    !parts.includes('..') &&
    !parts.includes('.') &&
    !/[\p{Cc}:]/u.test(path)
  const normal = `/${parts.filter((part) => part !== '').join('/')}`
  const reserved =
    normal === '/' || RESERVED.some((root) => normal === root || normal.startsWith(`${root}/`))
  if (!clean || (reserved && !normal.startsWith('/dev/shm/'))) {
    throw new CommuneError('invalid-input', `“${path}” can't be a memory file system`, {
      hint: 'name an absolute path outside /proc, /sys and /dev',
    })
  }
  return normal
}
