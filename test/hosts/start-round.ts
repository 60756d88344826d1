import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { FAULTS } from './faults.ts'
import type { Result } from './figures.ts'
import { processInside } from './namespaces.ts'
import { mustBeAllowed } from './must-be-allowed.ts'
import { claim, clearLeftovers, removeRun, RUN_PREFIX } from './leftovers.ts'

/** One round of all faults under way. Disposing of it ends everything that belongs to it. */
export interface Round extends AsyncDisposable {
  /** The result of one fault, when it is there; rejects when the round ended without it. */
  result(fault: string): Promise<Result>
}

/** In the order in which they come: the faults, and what came of them later. */
export const RESULTS: readonly string[] = [...FAULTS.map(({ name }) => name), 'afterwards']

const PROGRAMS = ['dockerd', 'docker-init', 'ip', 'iptables', 'nsenter', 'setpriv', 'sysctl']
/** The namespaces of a round: nothing that it does to its network or mounts is seen outside. */
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

/** Starts a round. Fails with a message for people when this machine does not allow it. */
export async function startRound(options: { readonly pdsAwayMs: number }): Promise<Round> {
  await mustBeAllowed(PROGRAMS, NAMESPACES)
  clearLeftovers()
  const folder = mkdtempSync(join(tmpdir(), RUN_PREFIX))
  claim(folder)
  const program = fileURLToPath(new URL('round.ts', import.meta.url))
  // Whatever ends this process ends the first one of the namespaces too, and with it all the others.
  const line = [
    ...['--pdeathsig', 'KILL', 'unshare', ...NAMESPACES, 'docker-init', '-s', '--'],
    ...[process.execPath, program, folder, basename(folder), `${options.pdsAwayMs}`],
  ]
  const child = spawn('setpriv', line, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const results = collect(child)
  return {
    result: (fault) => results.of(fault),
    async [Symbol.asyncDispose]() {
      // All the others are gone before the first one is.
      if (child.exitCode === null && child.signalCode === null)
        process.kill(await processInside(child), 'SIGKILL')
      await ended
      removeRun(folder)
    },
  }
}

function collect(child: ChildProcess): { of(fault: string): Promise<Result> } {
  const waiting = new Map(RESULTS.map((name) => [name, Promise.withResolvers<Result>()] as const))
  // Who does not ask does not want to know.
  for (const { promise } of waiting.values()) promise.catch(() => undefined)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-20_000)
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"fault":')) return
      const result = JSON.parse(line) as Result
      waiting.get(result.fault)?.resolve(result)
    })
  child.once('close', () => {
    for (const { reject } of waiting.values())
      reject(new Error(`the round ended early, and said:\n${said}`))
  })
  return {
    of: (fault) => waiting.get(fault)?.promise ?? Promise.reject(new Error(`no fault ${fault}`)),
  }
}
