import fc from 'fast-check'
import { canonicalJson } from '../../../src/model/canonical.ts'
import { COLLECTION, type Collection } from '../../../src/model/nsid.ts'
import { isCollection } from '../../../src/atproto/validate.ts'
import type { Did } from '../../../src/model/records.ts'
import type { Log } from '../../../src/ports/log.ts'
import { VirtualCommune } from '../../support/virtual-commune.ts'
import { mutatedValue } from '../arbitraries/hostile-value.ts'
import { didText, LexiconValues } from '../arbitraries/lexicon-values.ts'
import { expectThat, surfaceOf, type Surface } from '../surface.ts'

/** Owners and machines are called as the DIDs in generated records are. */
const ALICE = 'a'.repeat(24)
const BOB = 'b'.repeat(24)
const ALICES = 'c'.repeat(24)
const BOBS = 'd'.repeat(24)
const PATIENCE_MS = 120_000
/** What is a fault of ours, whoever caused it. */
const BUG =
  /This is a bug|is not a function|not iterable|Cannot |TypeError|RangeError|call stack|of undefined|Invalid time/

const lexicons = new LexiconValues()

export interface HostileWrite {
  readonly did: string
  readonly collection: Collection
  readonly rkey: string
  readonly value: Readonly<Record<string, unknown>>
}

const collections = Object.values(COLLECTION).filter(isCollection)

/** Records that somebody writes into her own repo or that of her machine; most fit their lexicon. */
export const hostileWrite: fc.Arbitrary<HostileWrite> = fc
  .tuple(didText, fc.constantFrom(...collections))
  .chain(([did, collection]) => {
    const valid = lexicons.record(collection)
    return fc
      .tuple(
        fc.oneof({ weight: 4, arbitrary: valid }, mutatedValue(valid, 1)),
        fc.constantFrom('self', 'web', 'db', 'home'),
      )
      .map(([value, key]) => ({ did, collection, value: objectOf(value), rkey: keyOf(value, key) }))
  })

/** A machine decides, with all its parts, on what members and their machines wrote. */
export const decisionSurface: Surface = surfaceOf(
  'decisions',
  fc.array(hostileWrite, { minLength: 1, maxLength: 12 }),
  async (writes) => {
    const bugs: string[] = []
    const world = new VirtualCommune({ log: bugLog(bugs) })
    for (const owner of [ALICE, BOB]) world.owner(owner)
    world.addMachine(ALICES, { owner: ALICE })
    world.addMachine(BOBS, { owner: BOB })
    for (const name of [BOB, BOBS, ALICES, ALICE]) world.hostile.add(name)
    for (const { machine } of [ALICES, BOBS].map((name) => ({ machine: world.machine(name) })))
      machine.start()
    world.owner(ALICE).publish('web')
    await world.advance(PATIENCE_MS)
    for (const { did, collection, rkey, value } of writes.filter(isWritable))
      world.repos.commit(did as Did, [{ action: 'put', collection, rkey, value }])
    await world.advance(PATIENCE_MS)
    for (const name of [ALICES, BOBS]) world.machine(name).restart({ withState: true })
    await world.advance(PATIENCE_MS)
    expectThat(bugs.length === 0, bugs.slice(0, 3).join('\n'))
  },
)

/** What the virtual repos can hold; their PDS refuses fractions as the real one does. */
function isWritable({ value }: HostileWrite): boolean {
  try {
    canonicalJson(value)
    return true
  } catch {
    return false
  }
}

function bugLog(bugs: string[]): Log {
  const look = (message: string, fields: unknown) => {
    const text = `${message} ${JSON.stringify(fields)}`
    if (BUG.test(text)) bugs.push(text)
  }
  const log: Log = { debug: look, info: look, warn: look, error: look, child: () => log }
  return log
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value }
    : { value }
}

/** A workload counts only under its own name. */
function keyOf(value: unknown, key: string): string {
  const name = (value as { name?: unknown } | null)?.name
  return typeof name === 'string' && /^[a-z0-9-]{1,63}$/.test(name) ? name : key
}
