import type { Did } from '../model/records.ts'
import { witnessSetsOf } from '../selection/lease.ts'
import type { Names } from './names.ts'
import { printable } from './table.ts'
import type { WorkloadView } from './workload-view.ts'

/** Who may run a workload that must never run twice, and by whose word. */
export interface LeaseStory {
  readonly witnesses: readonly { readonly meshlet: Did; readonly name: string }[]
  /** The witnesses before, while they have a say. */
  readonly previous: readonly { readonly meshlet: Did; readonly name: string }[]
  /** Who says that it holds the lease. */
  readonly holder?: { readonly meshlet: Did; readonly name: string; readonly epoch: number }
  /** What whoever was chosen waits for. */
  readonly waits?: string
}

/** Undefined for a workload that may run twice. */
export function leaseStory(workload: WorkloadView, names: Names): LeaseStory | undefined {
  const sets = witnessSetsOf(workload.record)
  if (!sets) return undefined
  const named = (dids: readonly Did[]) =>
    dids.map((meshlet) => ({ meshlet, name: names.meshlet(meshlet) }))
  const said = workload.statuses
    .filter(({ meshletDid }) => !workload.suspects.down.has(meshletDid))
    .toSorted((a, b) => (b.record.leaseEpoch ?? 0) - (a.record.leaseEpoch ?? 0))
  const holder = said.find(({ record }) => record.leaseEpoch !== undefined)
  const waiting = said.find(({ record }) => record.phase === 'pending')
  return {
    witnesses: named(sets.witnesses),
    previous: named(sets.previous),
    ...(holder && {
      holder: {
        meshlet: holder.meshletDid,
        name: names.meshlet(holder.meshletDid),
        epoch: holder.record.leaseEpoch ?? 0,
      },
    }),
    ...(waiting?.record.lastError === undefined ? {} : { waits: waiting.record.lastError }),
  }
}

/** The same in lines; empty without a story. */
export function leaseText(story: LeaseStory | undefined): string {
  if (!story) return ''
  const { witnesses, previous, holder, waits } = story
  const list = (all: LeaseStory['witnesses']) => all.map(({ name }) => name).join(', ')
  const lines = [
    holder ? `${holder.name} holds it, epoch ${holder.epoch}` : 'nobody holds it',
    ...(holder || waits === undefined ? [] : [waits]),
    witnesses.length > 0
      ? `witnesses: ${list(witnesses)}`
      : 'no witnesses are named; run "commune sync"',
    ...(previous.length > 0 ? [`with a say until a lease was granted: ${list(previous)}`] : []),
    ...(witnesses.length === 1 ? ['one witness: it alone may run it, and nobody takes over'] : []),
  ]
  return lines.map((line) => `${printable(line)}\n`).join('')
}
