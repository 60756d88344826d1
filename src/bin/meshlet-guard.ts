#!/usr/bin/env node
import { setPriority } from 'node:os'
import { parseArgs } from 'node:util'
import { parseDockerHost } from '../engine/endpoint.ts'
import { bootMs } from '../guard/guard-client.ts'
import { parseDeadlines } from '../guard/guard-messages.ts'
import { runGuard } from '../guard/guard-server.ts'
import { createKiller, type EngineAddress } from '../guard/kill-workload.ts'

const { values } = parseArgs({
  options: {
    did: { type: 'string' },
    'state-dir': { type: 'string' },
    deadline: { type: 'string', multiple: true },
  },
})
const { did, 'state-dir': stateDir, deadline = [] } = values
if (did === undefined || stateDir === undefined) {
  process.stderr.write('meshlet-guard: the meshlet starts it; it needs --did and --state-dir\n')
  process.exitCode = 2
} else {
  await main(did, stateDir, parseDeadlines(deadline))
}

/** Holds the deadlines of the meshlet's containers that must never run twice. */
async function main(
  meshletDid: string,
  folder: string,
  deadlines: ReadonlyMap<string, number>,
): Promise<void> {
  process.chdir(folder)
  preferThis()
  const terminated = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => terminated.abort(new Error(signal)))
  const { options } = parseDockerHost(process.env['DOCKER_HOST'], process.env)
  await runGuard(
    {
      pid: process.pid,
      deadlines,
      nowMs: bootMs,
      kill: createKiller(options as EngineAddress, meshletDid),
      say: (line) => process.stderr.write(`meshlet-guard: ${line}\n`),
    },
    terminated.signal,
  )
}

/** On a starving machine the guard comes first, if it may. */
function preferThis(): void {
  try {
    setPriority(-10)
  } catch {
    // Only root may.
  }
}
