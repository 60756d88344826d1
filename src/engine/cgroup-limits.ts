import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface CgroupPlaces {
  /** `/proc`, and where control groups are mounted. */
  readonly processes: string
  readonly groups: string
}

const SYSTEM: CgroupPlaces = { processes: '/proc', groups: '/sys/fs/cgroup' }
/** As the kernel writes that there is no limit. */
const NO_LIMIT = 'max'

/**
 * Most processes that the kernel allows the control group of a process, which is the truth where an
 * engine only repeats what it was asked for; 0 when there is no limit, undefined when it can’t be read
 * (another machine, another container, a process that is gone).
 */
export async function pidsLimitInForce(
  pid: number,
  places: CgroupPlaces = SYSTEM,
): Promise<number | undefined> {
  const groups = await readText(join(places.processes, String(pid), 'cgroup'))
  const lines = (groups ?? '').split('\n').map((line) => line.split(':'))
  const old = lines.find(([, controllers]) => controllers?.split(',').includes('pids'))
  const unified = lines.find(([number, controllers]) => number === '0' && controllers === '')
  const [file, group] =
    old === undefined
      ? [places.groups, unified?.slice(2).join(':')]
      : [join(places.groups, 'pids'), old.slice(2).join(':')]
  // The root group has no limit, and a path that leads out of it is seen from another namespace.
  if (group === undefined || group.includes('..')) return undefined
  const text = (await readText(join(file, group, 'pids.max')))?.trim()
  if (text === NO_LIMIT) return 0
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
