import { existsSync, globSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** Folders of runs begin with it, and so do their control groups. */
export const RUN_PREFIX = 'commune-hosts-'

/** Says in a run's folder which process it belongs to. */
export function claim(folder: string): void {
  writeFileSync(join(folder, 'owner'), identityOf(process.pid) ?? '')
}

/** Removes what runs left behind whose process is gone. Their own processes died with it. */
export function clearLeftovers(): void {
  for (const folder of globSync(join(tmpdir(), `${RUN_PREFIX}*`))) {
    const owner = read(join(folder, 'owner'))
    // A folder without an owner may have been made this very moment.
    if (owner === undefined || owner === identityOf(Number.parseInt(owner, 10))) continue
    removeRun(folder)
  }
}

/** Removes the folder of a run and its control groups. Nothing of it runs any more. */
export function removeRun(folder: string): void {
  const groups = [1, 2].flatMap((depth) => {
    const root = `/sys/fs/cgroup/${'*/'.repeat(depth - 1)}${basename(folder)}-*`
    return [...globSync(root), ...globSync(`${root}/**/*/`)]
  })
  // Deepest first; a control group is removed as if it were empty.
  for (const group of groups.toSorted((a, b) => b.length - a.length))
    if (existsSync(group)) rmdirSync(group)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Process id and start time (field 22 of proc(5)'s stat), since ids are used again. */
function identityOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? undefined : `${pid} ${fields[19]}`
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
