import { CommuneError } from '../model/errors.ts'
import { formatDuration } from '../model/duration.ts'
import { LABEL } from '../model/nsid.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import { refusalOfExec } from '../policy/exec-rule.ts'
import type { Policy } from '../policy/policy.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, EngineContainer } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import type { ExecCall, ExecOutput } from '../xrpc/api.ts'
import type { Chronicle } from './chronicle.ts'
import type { MeshletConfig } from './config.ts'
import { partyOf } from './house-rules.ts'

export interface CommandRunningOptions {
  readonly config: Pick<MeshletConfig, 'ownerDid' | 'clusters'>
  readonly engine: Pick<Engine, 'interact'>
  readonly clock: Clock
  readonly log: Log
  readonly chronicle: Pick<Chronicle, 'note'>
  /** What holds now; it may change while the program runs. */
  readonly policy: () => Policy
  /** All containers of ours that are there now. */
  readonly containers: () => readonly EngineContainer[]
}

/** Commands of everybody together that run at once. */
const COMMANDS_MAX = 16
/** A command that was forgotten ends at some time. */
const COMMAND_MS_MAX = 60 * 60_000
/** As much of a command as is told afterwards. */
const TOLD_CHARACTERS_MAX = 500

/** Commands that owners of workloads run inside of their containers, where the policy grants it. */
export class CommandRunning {
  readonly #options: CommandRunningOptions
  #running = 0

  constructor(options: CommandRunningOptions) {
    this.#options = options
  }

  /**
   * Runs it, tells of its beginning and end in the chronicle, and ends it after an hour. Fails with
   * `forbidden` in a sentence that names the rule, `not-found`, `rate-limited`, or as the engine does.
   */
  async *run({ caller, params, signal, ...given }: ExecCall): AsyncGenerator<ExecOutput> {
    const { config, policy, engine, clock } = this.#options
    const owner = parseWorkloadUri(params.workload)?.owner
    const isMember = caller.roles.includes('member') || caller.roles.includes('meshletOwner')
    if (owner === undefined || !isMember)
      throw new CommuneError('forbidden', 'only members may run commands here')
    const refusal = refusalOfExec(policy(), partyOf(config, owner))
    if (refusal !== undefined) throw new CommuneError('forbidden', refusal)
    const container = this.#find(params)
    if (this.#running >= COMMANDS_MAX)
      throw new CommuneError('rate-limited', `${COMMANDS_MAX} commands run here already`)
    const late = new AbortController()
    const cancel = clock.schedule(COMMAND_MS_MAX, () => late.abort())
    const note = this.#noteOf(caller.did, params.workload, container)
    const what = JSON.stringify(given.command).slice(0, TOLD_CHARACTERS_MAX)
    note(`runs ${what}`)
    this.#running += 1
    let how = 'was ended, since nobody listened any more'
    try {
      const ends = AbortSignal.any([signal, late.signal])
      for await (const item of engine.interact(container.id, { ...given, signal: ends })) {
        if (item.kind === 'end') how = `ended with ${item.exitCode ?? 'no exit code'}`
        yield item
      }
    } catch (error) {
      if (!late.signal.aborted) throw error
      how = `was ended after ${formatDuration(COMMAND_MS_MAX)}`
      yield { kind: 'end', reason: how }
    } finally {
      this.#running -= 1
      cancel()
      note(`${what} ${how}`)
    }
  }

  #noteOf(subject: ExecCall['caller']['did'], workload: string, container: EngineContainer) {
    const { chronicle, log } = this.#options
    return (text: string) => {
      const reason = `in replica ${replicaOf(container)}: ${text}`
      chronicle.note('exec', { workload, subject, reason })
      log.info('a command inside of a container', { workload, caller: subject, reason })
    }
  }

  /** The replica that is meant, else the lowest that runs. */
  #find({ workload, replica }: ExecCall['params']): EngineContainer {
    const [found] = this.#options
      .containers()
      .filter(({ labels, state }) => labels[LABEL.workload] === workload && state === 'running')
      .filter((container) => replica === undefined || replicaOf(container) === replica)
      .toSorted((a, b) => replicaOf(a) - replicaOf(b))
    if (found !== undefined) return found
    const what = replica === undefined ? 'No replica' : `No replica ${replica}`
    throw new CommuneError('not-found', `${what} of ${workload} runs here.`)
  }
}
