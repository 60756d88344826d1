import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { claim, clearLeftovers, removeRun, RUN_PREFIX } from '../test/hosts/leftovers.ts'
import { startOwnEngine, type OwnEngine } from './own-engine.ts'

/** Namespaces of their own: nothing that a row does to its network or mounts is seen outside. */
export const OWN_NAMESPACES = [
  ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--net', '--mount', '--pid', '--fork'],
  ...['--kill-child', '--mount-proc', 'docker-init', '-s', '--'],
]

/**
 * Runs with a folder that is removed afterwards, together with its control groups. Called outside of
 * the namespaces: who owns the folder is told by the number of this process.
 */
export async function withOwnFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  clearLeftovers()
  const folder = mkdtempSync(join(tmpdir(), RUN_PREFIX))
  claim(folder)
  try {
    return await run(folder)
  } finally {
    removeRun(folder)
  }
}

/** Runs with an engine that nobody else uses, in a folder from `withOwnFolder`. */
export async function withOwnEngine<T>(
  folder: string,
  run: (engine: OwnEngine) => Promise<T>,
): Promise<T> {
  await using engine = await startOwnEngine(folder, `${basename(folder)}-own`)
  return await run(engine)
}
