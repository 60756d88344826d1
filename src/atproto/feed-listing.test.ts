import { describe, expect, it } from 'vitest'
import { HOLD_MS, type ListingFacts, planListing } from './feed-listing.ts'

const NOW = 1_000 * HOLD_MS
const position = { rev: '5', data: 'data5', commit: 'commit5' }
const at = (rev: string) => ({ rev, data: `data${rev}`, cid: `commit${rev}` })
const heldAt = (rev: string, agoMs: number) => ({
  rev,
  commit: `commit${rev}`,
  sinceMs: NOW - agoMs,
})
const base: ListingFacts = {
  position,
  held: undefined,
  startRev: '5',
  listing: at('7'),
  missing: 0,
  chain: 'broken',
  nowMs: NOW,
}

type Row = readonly [string, Partial<ListingFacts>, object]

describe('planListing', () => {
  it.each<Row>([
    ['a first listing', { position: undefined, startRev: undefined }, { action: 'accept' }],
    ['nothing new', { listing: at('5') }, { action: 'accept' }],
    ['additions and changes', {}, { action: 'accept' }],
    [
      'a new revision without a change',
      { listing: { ...at('7'), data: 'data5' } },
      { action: 'accept' },
    ],
    ['records that vanished', { missing: 1 }, { action: 'hold-deletions', held: heldAt('7', 0) }],
    [
      'records of which the stream may still tell the end',
      { missing: 1, chain: 'pending' },
      { action: 'await-stream' },
    ],
    [
      'records that are held back already, whatever the stream may bring',
      { missing: 1, chain: 'pending', held: heldAt('7', 5) },
      { action: 'hold-deletions', held: heldAt('7', 5) },
    ],
    [
      'deletions just after the first reading',
      { missing: 1, chain: 'fresh' },
      { action: 'accept' },
    ],
    [
      'records that are still gone, and nothing was written',
      { missing: 1, held: heldAt('7', 5) },
      { action: 'hold-deletions', held: heldAt('7', 5) },
    ],
    [
      'records that are still gone after another commit',
      { missing: 1, held: heldAt('6', 5) },
      { action: 'accept' },
    ],
    [
      'records that were gone at another commit, for which the stream was waited in vain',
      { missing: 1, waitedRev: '6' },
      { action: 'accept' },
    ],
    [
      'records that are gone at the commit for which the stream was waited',
      { missing: 1, waitedRev: '7' },
      { action: 'hold-deletions', held: heldAt('7', 0) },
    ],
    [
      'records that are gone for just less than a day',
      { missing: 1, held: heldAt('7', HOLD_MS - 1) },
      { action: 'hold-deletions', held: heldAt('7', HOLD_MS - 1) },
    ],
    [
      'records that are gone for a day',
      { missing: 1, held: heldAt('7', HOLD_MS) },
      { action: 'accept' },
    ],
    ['records that came back', { held: heldAt('6', 5) }, { action: 'accept' }],
    ['an older state', { listing: at('3') }, { action: 'hold-all', held: heldAt('3', 0) }],
    [
      'the same older state, later',
      { listing: at('3'), held: heldAt('3', 5) },
      { action: 'hold-all', held: heldAt('3', 5) },
    ],
    [
      'another older state, later',
      { listing: at('4'), held: heldAt('3', HOLD_MS) },
      { action: 'hold-all', held: heldAt('4', 0) },
    ],
    [
      'the same older state for a day',
      { listing: at('3'), held: heldAt('3', HOLD_MS) },
      { action: 'accept-older' },
    ],
    [
      'another state of the same revision',
      { listing: { rev: '5', data: 'other', cid: 'commit-other' } },
      { action: 'hold-all', held: { rev: '5', commit: 'commit-other', sinceMs: NOW } },
    ],
    [
      'a listing that the stream overtook',
      { startRev: '3', listing: at('4') },
      { action: 'ignore' },
    ],
    [
      'an older state, though the stream went on meanwhile',
      { startRev: '3', listing: at('2') },
      { action: 'hold-all', held: heldAt('2', 0) },
    ],
  ])('%s', (_, facts, verdict) => {
    expect(planListing({ ...base, ...facts })).toEqual(verdict)
  })
})
