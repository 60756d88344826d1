import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { command } from './command.ts'

const STEPS_MAX = 500
const STEP_MS = 20
const INIT = 'docker-init'

/** What makes a machine of its own out of a few processes: network, processes, mounts and name. */
export interface Namespaces {
  /** Its first process, as seen from here. */
  readonly init: number
  /** The words before a command that make it run inside. */
  readonly enter: readonly string[]
  /** Runs a command inside to its end. */
  run(name: string, ...args: readonly string[]): Promise<string>
  /** Starts a program inside. It is a child of the process returned, see `processInside`. */
  spawn(
    line: readonly string[],
    options: {
      readonly env?: Readonly<Record<string, string>>
      readonly stdio: 'pipe' | ['ignore', number, number]
    },
  ): ChildProcess
  /** Kills everything inside at once. */
  powerCut(): Promise<void>
}

/** Namespaces that end with their first process, and that one with this program. */
export async function openNamespaces(): Promise<Namespaces> {
  const outer = spawn(
    'setpriv',
    [
      ...[
        '--pdeathsig',
        'KILL',
        'unshare',
        '--net',
        '--pid',
        '--mount',
        '--uts',
        '--fork',
        '--kill-child',
        '--mount-proc',
      ],
      ...[INIT, '-s', '--', 'sleep', 'infinity'],
    ],
    { stdio: 'ignore' },
  )
  const ended = once(outer, 'close')
  const init = await processInside(outer)
  // Before that it has not mounted its own /proc yet.
  await untilThere(() => nameOf(init) === INIT, `${INIT} does not start`)
  const enter = ['nsenter', '--target', `${init}`, '--net', '--pid', '--mount', '--uts', '--']
  return {
    init,
    enter,
    run: (name, ...args) => command('nsenter', ...enter.slice(1), name, ...args),
    spawn: (line, { env, stdio }) =>
      spawn('nsenter', [...enter.slice(1), ...line], {
        env: { ...process.env, ...env },
        stdio: stdio === 'pipe' ? ['ignore', 'pipe', 'pipe'] : stdio,
      }),
    async powerCut() {
      // All the others are gone before the first one is.
      process.kill(init, 'SIGKILL')
      await ended
    },
  }
}

/** The process id of the one child: signals to `nsenter` and `unshare` do not reach what they started. */
export async function processInside(outer: ChildProcess): Promise<number> {
  const child = await untilThere(() => childOf(outer.pid), 'it ended early')
  return Number(child)
}

async function untilThere<T>(look: () => T | undefined | false, failure: string): Promise<T> {
  for (let step = 0; step < STEPS_MAX; step++) {
    const found = look()
    if (found !== undefined && found !== false) return found
    await pause(STEP_MS)
  }
  throw new Error(failure)
}

function childOf(pid: number | undefined): string | undefined {
  return read(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ')[0] || undefined
}

function nameOf(pid: number): string | undefined {
  return read(`/proc/${pid}/comm`)?.trim()
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
