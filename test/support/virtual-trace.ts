import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { VirtualMachine } from './virtual-machine.ts'
import type { VirtualRepos } from './virtual-repos.ts'

/** Calls to an engine that change something. */
const ACTIONS: ReadonlySet<string> = new Set([
  'createContainer',
  'startContainer',
  'stopContainer',
  'killContainer',
  'removeContainer',
  'removeNetwork',
  'pullImage',
  'removeImage',
])

export interface TracedAction {
  readonly kind: 'action'
  readonly atMs: number
  readonly machine: string
  readonly call: string
  /** Name of a container that is made, else its id; or the image. */
  readonly subject: string
}

export interface TracedWrite {
  readonly kind: 'write'
  readonly atMs: number
  readonly did: Did
  readonly collection: Collection
  readonly rkey: string
  readonly isDeletion: boolean
}

export type Traced = TracedAction | TracedWrite

export type EngineCallListener = (machine: VirtualMachine, call: string, subject: unknown) => void

/** What all meshlets and owners did: commits and calls that change an engine. */
export class WorldTrace {
  readonly entries: Traced[] = []
  /** Calls of any kind to the engines, by machine. */
  readonly engineCalls = new Map<string, number>()
  readonly #now: () => number
  readonly #listeners: EngineCallListener[] = []

  constructor(repos: VirtualRepos, now: () => number) {
    this.#now = now
    repos.onCommit(({ did }, { atMs, changes }) => {
      for (const { collection, rkey, record } of changes)
        this.entries.push({ kind: 'write', atMs, did, collection, rkey, isDeletion: !record })
    })
  }

  engineCall(machine: VirtualMachine, call: string, subject: unknown): void {
    this.engineCalls.set(machine.name, (this.engineCalls.get(machine.name) ?? 0) + 1)
    if (!ACTIONS.has(call)) return
    const atMs = this.#now()
    this.entries.push({
      kind: 'action',
      atMs,
      machine: machine.name,
      call,
      subject: textOf(subject),
    })
    for (const listener of this.#listeners) listener(machine, call, subject)
  }

  /** Hears of each action before it is done. */
  onAction(listener: EngineCallListener): void {
    this.#listeners.push(listener)
  }

  /** Grows with everything but the refresh of a status that says nothing new. */
  get length(): number {
    return this.entries.filter((entry) => !isStatus(entry)).length
  }

  /** Actions on a machine, or on all, from a place in the trace on. */
  actions(machine?: string, from = 0): readonly TracedAction[] {
    return this.entries
      .slice(from)
      .filter((entry) => entry.kind === 'action')
      .filter((action) => machine === undefined || action.machine === machine)
  }

  writes(did?: Did, from = 0): readonly TracedWrite[] {
    return this.entries
      .slice(from)
      .filter((entry) => entry.kind === 'write')
      .filter((write) => did === undefined || write.did === did)
  }

  lastLines(count: number): readonly string[] {
    return this.entries.slice(-count).map((entry) => JSON.stringify(entry))
  }
}

function isStatus(entry: Traced): boolean {
  return entry.kind === 'write' && entry.collection === COLLECTION.meshletStatus
}

function textOf(subject: unknown): string {
  if (typeof subject === 'string') return subject
  return String((subject as { readonly name?: unknown }).name)
}
