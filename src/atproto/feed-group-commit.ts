import type { Did } from '../model/records.ts'
import type { RecordChange } from '../ports/records.ts'
import type { RecordStore, RepoUpdate } from './record-store.ts'

/** What is to become of an event, said when nothing can come in between any more. */
export type Decided<Outcome> =
  /** Nothing is stored for it. */
  | { readonly outcome: Outcome }
  /** `stored` is called when the update is durable and shown. */
  | { readonly update: RepoUpdate; readonly stored: () => Outcome }

interface Waiting<Outcome> {
  readonly did: Did
  readonly decide: () => Decided<Outcome>
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

type Written<Outcome> = Waiting<Outcome> & Extract<Decided<Outcome>, { update: RepoUpdate }>

/** Updates of one transaction. */
const TOGETHER_MAX = 64

/**
 * Stores what events of different repos bring in one transaction when they are ready at the same time:
 * to begin and end one costs more than all that is written in it. Nothing is shown, told or answered
 * before it is durable, and a transaction that fails was none for each event in it.
 */
export class GroupCommit<Outcome> {
  readonly #store: Pick<RecordStore, 'apply'>
  readonly #notify: (changes: readonly RecordChange[]) => void
  #waiting: Waiting<Outcome>[] = []

  constructor(
    store: Pick<RecordStore, 'apply'>,
    notify: (changes: readonly RecordChange[]) => void,
  ) {
    this.#store = store
    this.#notify = notify
  }

  /**
   * Calls `decide` when its turn has come, in the order of the calls, and resolves when what it said is
   * durable. Rejects with what `decide` throws, or with code `io`.
   */
  run(did: Did, decide: () => Decided<Outcome>): Promise<Outcome> {
    // Events of other repos that are under way come to this point before the next turn.
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush())
    return new Promise((resolve, reject) => this.#waiting.push({ did, decide, resolve, reject }))
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    let group = new Map<Did, Written<Outcome>>()
    for (const each of waiting) {
      // What comes next in a repo is judged by what came before.
      if (group.has(each.did) || group.size === TOGETHER_MAX) {
        this.#write(group)
        group = new Map()
      }
      try {
        const decided = each.decide()
        if ('outcome' in decided) each.resolve(decided.outcome)
        else group.set(each.did, { ...each, ...decided })
      } catch (error) {
        each.reject(error)
      }
    }
    this.#write(group)
  }

  #write(group: ReadonlyMap<Did, Written<Outcome>>): void {
    if (group.size === 0) return
    const written = [...group.values()]
    try {
      this.#notify(this.#store.apply(...written.map(({ update }) => update)))
    } catch (error) {
      for (const { reject } of written) reject(error)
      return
    }
    for (const { stored, resolve } of written) resolve(stored())
  }
}
