import { expect, test } from 'vitest'
import { ledgerDid } from '../../test/support/ledger-books.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { vouchFor } from './vouch.ts'

const workload = workloadUri(ledgerDid('bob'), 'web')
const RATE = 25_000
const entry = (seconds: number) => ({ workload, amount: seconds * RATE, seconds })

function vouched(claimed: number, seen: number | undefined): number {
  const seconds = seen ?? 0
  const sighting = { amount: seconds * RATE, seconds, rate: RATE }
  const [said] = vouchFor([entry(claimed)], () => (seen === undefined ? undefined : sighting))
  return (said?.amount ?? 0) / RATE
}

test('a claim within 2 % and a quarter of an hour of what was seen is acknowledged as it is', () => {
  expect(vouched(86_400, 84_000)).toBe(86_400)
  expect(vouched(84_000 * 1.02 + 900, 84_000)).toBe(86_580)
})

test('of more than that, what was seen', () => {
  expect(vouched(84_000 * 1.02 + 901, 84_000)).toBe(84_000)
  expect(vouched(864_000, 43_200)).toBe(43_200)
})

test('of less than was seen no more than was claimed, and of what nobody saw nothing', () => {
  expect(vouched(100, 86_400)).toBe(100)
  expect(vouched(86_400, 0)).toBe(0)
  expect(vouched(86_400, undefined)).toBe(0)
})
