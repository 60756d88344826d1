import { expect, test } from 'vitest'
import { CLOSED_RANGES, ipv4Value, isOpenAddress } from './closed-ranges.ts'

test.each([
  '0.0.0.0',
  '10.255.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '168.63.129.16',
  '169.254.169.254',
  '172.31.255.255',
  '192.0.0.192',
  '192.168.1.1',
  '198.19.0.1',
  '224.0.0.251',
  '255.255.255.255',
])('%s is closed', (address) => expect(isOpenAddress(address)).toBe(false))

test.each(['1.1.1.1', '9.9.9.9', '11.0.0.1', '100.63.255.255', '172.32.0.1', '223.255.255.254'])(
  '%s is open',
  (address) => expect(isOpenAddress(address)).toBe(true),
)

test.each([
  '',
  '1.1.1',
  '1.1.1.256',
  '01.1.1.1',
  '1.1.1.1/32',
  '::1',
  '::ffff:1.1.1.1',
  'localhost',
])('“%s” is no address that is open', (address) => {
  expect(ipv4Value(address)).toBeUndefined()
  expect(isOpenAddress(address)).toBe(false)
})

test('each range begins where its prefix does', () => {
  const crooked = CLOSED_RANGES.filter(({ range }) => {
    const [base = '', length = ''] = range.split('/')
    return (ipv4Value(base) ?? 0.5) % 2 ** (32 - Number(length)) !== 0
  })
  expect(crooked).toEqual([])
})
