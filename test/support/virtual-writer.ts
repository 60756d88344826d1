import { POINTS, allowanceOf, newWriteBudget, spend } from '../../src/atproto/write-budget.ts'
import { parseRecord } from '../../src/atproto/validate.ts'
import { CommuneError } from '../../src/model/errors.ts'
import type { Cid, Did } from '../../src/model/records.ts'
import { sleep, type Clock } from '../../src/ports/clock.ts'
import type {
  PacedRepoWriter,
  Write,
  WriteAllowance,
  WriteResult,
} from '../../src/ports/records.ts'
import type { VirtualRepos } from './virtual-repos.ts'

export interface VirtualWriterOptions {
  readonly did: Did
  readonly repos: VirtualRepos
  readonly clock: Clock
  readonly nextDelayMs: () => number
  /** Whether the PDS is reached now. */
  readonly canReach: () => boolean
  /** Asked before each commit. */
  readonly fault: (writes: readonly Write[]) => WriteFault
}

/**
 * An error refuses the commit; `lost-reply` commits it and says nothing of it; one that is `under-way` is
 * asked about again and again, and arrives when it is not any more.
 */
export type WriteFault = CommuneError | 'lost-reply' | 'under-way' | undefined

/** How often what is under way tries to get through. */
const UNDER_WAY_MS = 100

/** Writes to one repo, slowly, and fails when told to. Records are held to their lexicons. */
export class VirtualWriter implements PacedRepoWriter {
  readonly did: Did
  readonly #options: VirtualWriterOptions
  #budget = newWriteBudget(0)

  constructor(options: VirtualWriterOptions) {
    this.did = options.did
    this.#options = options
  }

  allowance(): WriteAllowance {
    return allowanceOf(this.#budget, this.#options.clock.monotonicMs())
  }

  async apply(
    writes: readonly Write[],
    options: { swapCommit?: Cid; signal?: AbortSignal } = {},
  ): Promise<WriteResult> {
    const { clock, repos, nextDelayMs, canReach, fault } = this.#options
    const { signal } = options
    for (const write of writes) check(write)
    await sleep(clock, nextDelayMs() / 2, signal)
    if (!canReach())
      throw new CommuneError('unreachable', 'The PDS does not answer.', { retry: true })
    if (repos.of(this.did).status !== 'active')
      throw new CommuneError('unauthorized', 'The account is not active.')
    let trouble = fault(writes)
    for (; trouble === 'under-way'; trouble = fault(writes))
      await sleep(clock, UNDER_WAY_MS, signal)
    this.#budget = spend(this.#budget, pointsOf(writes), clock.monotonicMs())
    if (trouble instanceof CommuneError) throw trouble
    const { rev, cid, changes } = repos.commit(this.did, writes)
    await sleep(clock, nextDelayMs() / 2, signal)
    if (trouble === 'lost-reply')
      throw new CommuneError('timeout', 'The PDS did not answer in time.', { retry: true })
    const cids = changes.map(({ record }) => record?.cid)
    return { rev, commit: cid, cids }
  }
}

/** At most: what is there already costs one point less. */
function pointsOf(writes: readonly Write[]): number {
  const points = writes.map(({ action }) => (action === 'put' ? POINTS.create : POINTS.delete))
  return points.reduce((sum, one) => sum + one, 0)
}

function check(write: Write): void {
  if (write.action === 'delete') return
  const parsed = parseRecord(write.collection, write.value)
  if (!parsed.ok)
    throw new CommuneError('invalid-input', `${write.collection}/${write.rkey}: ${parsed.error}`)
}
