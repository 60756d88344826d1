import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEngines } from './open-engines.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue\n'
const line = (local: string, state = '0A') =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0\n`

async function found(...lines: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'commune-ports-'))
  try {
    const file = join(folder, 'tcp')
    await writeFile(file, HEAD + lines.join(''))
    return await openEngines([file, join(folder, 'none')])
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('an engine that listens without encryption is found, for everybody or for this machine', async () => {
  expect(await found(line('00000000:0947'))).toEqual([{ address: 'port 2375', isLoopback: false }])
  const loopback = [{ address: 'port 2375 of 127.0.0.1', isLoopback: true }]
  expect(await found(line('0100007F:0947'))).toEqual(loopback)
  expect(await found(line('00000000000000000000000001000000:0947'))).toEqual(loopback)
})

test('other ports, and connections to such a port elsewhere, are none', async () => {
  expect(await found(line('00000000:0948'), line('0100007F:0947', '01'), 'nonsense\n')).toEqual([])
})
