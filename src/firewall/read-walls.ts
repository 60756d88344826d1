import { CommuneError, messageOf } from '../model/errors.ts'
import type { WallState, Walls } from '../ports/walls.ts'
import { createNft, type Nft } from './nft.ts'
import { OWN_SET, renderRules } from './rules.ts'

/** What `meshlet firewall install` is to be run for, in every message that says that it was not. */
export const HOW_TO_INSTALL = 'run “meshlet firewall install” as root'

/** The rules in force, with what they close beyond the usual. */
export type LiveWalls = WallState & { readonly closedHere: readonly string[] }

/** Reads the rules of the network namespace in which this program runs. */
export function createWalls(nft: Nft = createNft()): Walls {
  const tried = new Map<string, string>()
  return {
    async state(signal) {
      const { closedHere: _, ...state } = await readWalls(nft, { signal, tried })
      return state
    },
    sees: (bridge) =>
      nft.devices().then(
        (names) => names.includes(bridge),
        () => false,
      ),
  }
}

/**
 * Compares what is in force with what these rules look like when the same program has loaded them into
 * a network of its own: a rule that somebody took out, or put before ours, makes a difference.
 * Rejects only when aborted. `tried` remembers that by the rules.
 */
export async function readWalls(
  nft: Nft,
  {
    signal,
    tried = new Map(),
  }: { readonly signal?: AbortSignal | undefined; readonly tried?: Map<string, string> } = {},
): Promise<LiveWalls> {
  try {
    const live = await nft.read(signal)
    if (live === undefined)
      return {
        kind: 'down',
        why: `the firewall rules for egress: internet are not there: ${HOW_TO_INSTALL}`,
        closedHere: [],
      }
    const closedHere = ownRanges(live.json)
    const rules = renderRules(closedHere)
    if (!tried.has(rules)) {
      const { text } = await nft.tryOut(rules, signal)
      tried.clear()
      tried.set(rules, text)
    }
    if (live.text === tried.get(rules)) return { kind: 'standing', closedHere }
    const why = `the firewall rules for egress: internet are changed, or of another version: ${HOW_TO_INSTALL}`
    return { kind: 'down', why, closedHere }
  } catch (error) {
    if (signal?.aborted) throw error
    const hint = error instanceof CommuneError && error.hint ? ` (${error.hint})` : ''
    return { kind: 'unknown', why: `${messageOf(error)}${hint}`, closedHere: [] }
  }
}

const RANGE = /^[0-9./-]+$/

/** What a table closes beyond the usual, as nftables writes it. Fails with `io` when it holds anything else. */
export function ownRanges(json: string): readonly string[] {
  const table = JSON.parse(json) as {
    readonly nftables?: readonly {
      readonly set?: { readonly name?: string; readonly elem?: unknown }
    }[]
  }
  const set = table.nftables?.find(({ set: one }) => one?.name === OWN_SET)?.set
  const elements = Array.isArray(set?.elem) ? (set.elem as readonly unknown[]) : []
  const ranges = elements.map(rangeOf)
  const strange = ranges.find((range) => !RANGE.test(range))
  if (strange === undefined) return ranges
  throw new CommuneError('io', `nft: the set ${OWN_SET} holds what is no address`)
}

function rangeOf(element: unknown): string {
  if (typeof element === 'string') return element
  const { prefix, range } = element as {
    readonly prefix?: { readonly addr: string; readonly len: number }
    readonly range?: readonly string[]
  }
  if (prefix !== undefined) return `${prefix.addr}/${prefix.len}`
  return range === undefined ? '' : range.join('-')
}
