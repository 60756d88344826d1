import { expect, test } from 'vitest'
import { parseGateways, parseGateways6, parseNameServers, parseNeighbours } from './host-network.ts'

test('gateways of IPv4: default routes only, least byte first in the table', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0',
  ].join('\n')
  expect(parseGateways(table)).toEqual(['192.0.2.1'])
  expect(parseGateways('')).toEqual([])
})

test('gateways of IPv6: default routes only, each once', () => {
  const zero = '0'.repeat(32)
  const gateway = 'fd000000000000000000000000000001'
  const line = (destination: string, length: string, next: string) =>
    `${destination} ${length} ${zero} 00 ${next} 00000400 00000001 00000000 00000003     eth0`
  const table = [
    line(zero, '00', gateway),
    line(zero, '00', gateway),
    line(zero, '00', zero),
    line('fd000000000000000000000000000000', '40', zero),
  ].join('\n')
  expect(parseGateways6(table)).toEqual(['fd00:0000:0000:0000:0000:0000:0000:0001'])
})

test('neighbours: those that answered, on wires that lead out of the machine', () => {
  const table = [
    'IP address       HW type     Flags       HW address            Mask     Device',
    '192.0.2.1        0x1         0x2         02:fc:00:00:00:02     *        eth0',
    '192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0',
    '10.200.0.2       0x1         0x2         02:42:0a:c8:00:02     *        cmn0123456789ab',
    '172.17.0.2       0x1         0x2         02:42:ac:11:00:02     *        docker0',
  ].join('\n')
  expect(parseNeighbours(table)).toEqual(['192.0.2.1'])
})

test('name servers: those on other machines', () => {
  const text =
    'search x\nnameserver 127.0.0.53\n nameserver 192.0.2.53 \nnameserver fe80::1%eth0\nnameserver x\n'
  expect(parseNameServers(text)).toEqual(['192.0.2.53', 'fe80::1'])
})
