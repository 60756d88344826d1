import type { HostFinding } from './host-audit.ts'

/**
 * First versions of runc without the ways out of a container that were found in November 2025
 * (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881), by minor version; what is newer has the repairs.
 */
const REPAIRED_FROM = new Map([
  ['1.2', 8],
  ['1.3', 3],
])
const NEWEST_MINOR = 3
const FIX = 'Install runc 1.2.8, 1.3.3 or later (containerd.io of Docker’s own packages has it).'

/** Whether the program that starts containers is known to let them out. */
export function judgeRunc(version: string | undefined): HostFinding {
  const check = 'runc'
  if (version === undefined) {
    const message = 'the engine does not say which version it uses'
    return { check, state: 'warning', message, fix: `Look at runc --version. ${FIX}` }
  }
  const [, major, minor, patch, rest = ''] = /^v?(\d+)\.(\d+)\.(\d+)(.*)$/.exec(version) ?? []
  const isEarly = /^-?rc\.?\d/.test(rest)
  if (isRepaired(Number(major), Number(minor), Number(patch)) && !isEarly)
    return { check, state: 'ok', message: version }
  // Distributions repair old versions without counting up; whether they did, only they know.
  if (/[+~]|deb|ubuntu|\.(?:el|fc)\d/.test(rest)) {
    const message = `${version} is old; whether the distribution repaired it can’t be seen`
    const fix = `See whether it names CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881 as repaired. Otherwise: ${FIX}`
    return { check, state: 'warning', message, fix }
  }
  const message = `${version} has known ways out of a container`
  return { check, state: 'problem', message, fix: FIX }
}

function isRepaired(major: number, minor: number, patch: number): boolean {
  if (major !== 1) return major > 1
  const first = REPAIRED_FROM.get(`${major}.${minor}`)
  return first === undefined ? minor > NEWEST_MINOR : patch >= first
}
