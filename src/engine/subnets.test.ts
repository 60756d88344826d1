import { expect, test } from 'vitest'
import { bridgeName, candidateSubnets, parseRoutes } from './subnets.ts'

const first = (name: string, routes = '') =>
  candidateSubnets(name, parseRoutes(routes)).next().value

test('a name leads to the same subnet every time, different names mostly to different ones', () => {
  expect(first('a')).toBe(first('a'))
  const found = new Set(Array.from({ length: 100 }, (_, index) => first(`network-${index}`)))
  expect(found.size).toBeGreaterThan(95)
})

test('every subnet comes once and lies within 10.192.0.0/10', () => {
  const all = [...candidateSubnets('a', [])]
  expect(new Set(all).size).toBe(16_384)
  for (const subnet of all) expect(subnet).toMatch(/^10\.(19[2-9]|2\d\d)\.\d{1,3}\.0\/24$/)
})

test('subnets that the host has a route to are left out', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0000C00A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'tun0\t8001C10A\t00000000\t0001\t0\t0\t0\t80FFFFFF\t0\t0\t0',
  ].join('\n')
  const routes = parseRoutes(table)
  expect(routes).toEqual([
    { address: 0x0ac00000, prefixLength: 16 },
    { address: 0x0ac10180, prefixLength: 25 },
  ])
  const all = [...candidateSubnets('a', routes)]
  expect(all).toHaveLength(16_384 - 256 - 1)
  expect(all).not.toContain('10.193.1.0/24')
  expect(all).toContain('10.193.2.0/24')
})

test('a route to everything leaves nothing, and an odd table does no harm', () => {
  expect([...candidateSubnets('a', [{ address: 0x0a000000, prefixLength: 8 }])]).toEqual([])
  expect(parseRoutes('')).toEqual([])
  expect(parseRoutes('x\ny\tz\n')).toEqual([])
})

test('names of bridges fit the kernel and differ by attempt', () => {
  expect(bridgeName('a', 0)).toMatch(/^cmn[0-9a-f]{12}$/)
  expect(bridgeName('a', 0)).not.toBe(bridgeName('a', 1))
})
