import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openHeartbeatKey } from './heartbeat-key.ts'

let dir: string
let file: string

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'commune-key-'))
  file = path.join(dir, 'keys', 'heartbeat.json')
})

afterEach(() => rm(dir, { recursive: true }))

describe('openHeartbeatKey', () => {
  it('makes a key once and keeps it for its user alone', async () => {
    const first = await openHeartbeatKey(file)
    const second = await openHeartbeatKey(file)
    expect(first.publicKey).toMatch(/^did:key:zDn/)
    expect(second.publicKey).toBe(first.publicKey)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it.each(['', '{}', '"abc"', 'null'])('refuses a damaged file: %j', async (text) => {
    await openHeartbeatKey(file)
    await writeFile(file, text)
    await expect(openHeartbeatKey(file)).rejects.toMatchObject({ code: 'io' })
  })
})
