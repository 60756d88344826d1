import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../src/dev/loopback.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { MeshletStatusRecord } from '../../src/model/records.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 90_000 })
const CANT_WRITE = 'The state folder can’t be written'
let commune: RealCommune
let folder: string
let stateDir: string
let metricsPort: number
let before: readonly SeenContainer[]

beforeAll(async () => {
  commune = await startRealCommune(['alice'])
  await commune.link('alice')
  folder = mkdtempSync(path.join(tmpdir(), 'commune-disk-'))
  stateDir = path.join(folder, 'state')
  mkdirSync(stateDir)
  metricsPort = await freePort()
})
afterAll(async () => {
  await commune?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** A program in a mount namespace of its own, in which that command has mounted the state folder. */
function inNamespace(mount: string): readonly string[] {
  return ['unshare', '--mount', 'sh', '-c', `${mount} && exec "$@"`, 'sh']
}

/** Starts the machine with its state folder on a disk of its own. */
async function startOn(mount: string): Promise<void> {
  await commune.start('alice', {
    startedBy: inNamespace(mount),
    stateDir,
    metrics: { host: '127.0.0.1', port: metricsPort },
  })
}

/** The state folder as the program sees it. */
function seen(name: string): string {
  return path.join('/proc', String(commune.machine('alice').pid), 'root', stateDir, name)
}

const problems = async () => (await commune.commune('alice', 'get', 'meshlets', '-o', 'wide')).out
const isWritable = async () => {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return /^meshlet_state_folder_writable (\d)$/m.exec(text)?.[1]
}
const epoch = async () =>
  (await commune.record<MeshletStatusRecord>('alice-mesh', COLLECTION.meshletStatus, 'self'))?.value
    .epoch
const sync = (name: string) => commune.sync('alice', { [name]: webWorkload(commune, name) })
const said = (text: string) => commune.log.find(text).length

/** What ran goes on, is repaired, and the trouble is said everywhere. */
async function expectTrouble(): Promise<void> {
  const [victim] = await commune.engine.containers('victim')
  await commune.engine.hand(victim).kill()
  await commune.until('the trouble is said', async () => (await problems()).includes(CANT_WRITE))
  expect(await isWritable()).toBe('0')
  await commune.until('it is repaired', async () => {
    const [repaired] = await commune.engine.containers('victim')
    return repaired?.state === 'running' && repaired.startedAt !== victim?.startedAt
  })
  expect(await commune.engine.containers('steady')).toEqual(before)
}

describe('a disk that fills up while the daemon runs', () => {
  it('is said, stops nothing that runs, and is over when there is room', async () => {
    await startOn(`mount -t tmpfs -o size=8m tmpfs ${stateDir}`)
    await sync('steady')
    await sync('victim')
    before = await commune.running('alice', 'steady', 1)
    await commune.running('alice', 'victim', 1)
    expect(await isWritable()).toBe('1')

    fill()
    await expectTrouble()
    expect(said('the state folder can’t be written')).toBeGreaterThan(0)

    rmSync(seen('filler'))
    await commune.until('all is well', async () => (await isWritable()) === '1')
    expect(said('the state folder can be written again')).toBe(1)
    expect(await problems()).not.toContain(CANT_WRITE)
    await sync('afterwards')
    await commune.running('alice', 'afterwards', 1)
    expect(await commune.engine.containers('steady')).toEqual(before)
    await commune.stop('alice')
  })
})

/** The kernel lets this program mount files, and pretend that a disk has failed. */
const canBreakDisk =
  spawnSync('sh', ['-c', 'test -e /dev/loop-control && test -d /sys/fs/ext4']).status === 0 &&
  spawnSync('unshare', ['--mount', 'true']).status === 0

describe.runIf(canBreakDisk)('a disk that turns read-only while the daemon runs', () => {
  it('is said, and stops nothing that runs; on a disk that is well all goes on', async () => {
    const disk = path.join(folder, 'disk')
    writeFileSync(disk, '')
    truncateSync(disk, 16 * 1024 ** 2)
    execFileSync('mkfs.ext4', ['-q', '-e', 'remount-ro', disk])
    await startOn(`mount -o loop ${disk} ${stateDir}`)
    await commune.until('it has begun', async () => (await epoch()) === 2)
    await sync('victim')
    before = await commune.running('alice', 'steady', 1)
    await commune.running('alice', 'victim', 1)

    const device = execFileSync('losetup', ['--noheadings', '-O', 'NAME', '-j', disk], {
      encoding: 'utf8',
    })
    writeFileSync(`/sys/fs/ext4/${path.basename(device.trim())}/trigger_fs_error`, 'bang')
    await expectTrouble()

    await commune.machine('alice').kill()
    await startOn(`mount -t tmpfs -o size=8m tmpfs ${stateDir}`)
    await commune.until('it has begun', async () => (await epoch()) === 3)
    await sync('mended')
    await commune.running('alice', 'mended', 1)
    expect(await commune.engine.containers('steady')).toEqual(before)
  })
})

/** Takes all the room there is, and what the files there have in reserve is soon used up. */
function fill(): void {
  const chunk = Buffer.alloc(64 * 1024)
  try {
    for (;;) writeFileSync(seen('filler'), chunk, { flag: 'a' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
