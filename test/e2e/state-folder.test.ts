import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { MeshletStatusRecord } from '../../src/model/records.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'

let commune: RealCommune
let before: SeenContainer | undefined

beforeAll(async () => {
  commune = await startRealCommune(['alice'])
  await commune.start('alice')
  await commune.link('alice')
  await commune.sync('alice', { steady: webWorkload(commune, 'steady') })
  before = (await commune.running('alice', 'steady', 1))[0]
})
afterAll(() => commune?.[Symbol.asyncDispose]())

const inFolder = (name: string) => join(commune.network.dir, 'machines', 'alice', name)

async function epoch(): Promise<number | undefined> {
  const status = COLLECTION.meshletStatus
  return (await commune.record<MeshletStatusRecord>('alice-mesh', status, 'self'))?.value.epoch
}

/** It works again: new work starts, and what ran was not touched. */
async function goesOn(name: string): Promise<void> {
  await commune.sync('alice', { [name]: webWorkload(commune, name) })
  await commune.running('alice', name, 1)
  const [after] = await commune.running('alice', 'steady', 1)
  expect(after).toMatchObject({ id: before?.id, startedAt: before?.startedAt })
}

function putAside(file: string): readonly string[] {
  return commune.log.find('was put aside').filter((line) => line.includes(inFolder(file)))
}

it('a damaged journal is put aside, and rebuilt from records and engine', async () => {
  await commune.stop('alice')
  const bytes = await readFile(inFolder('journal.sqlite'))
  await writeFile(inFolder('journal.sqlite'), bytes.fill(0xa5, 4_000, 9_000))
  await commune.start('alice')
  await goesOn('after-the-journal')
  expect(await epoch()).toBe(2)
  expect(putAside('journal.sqlite')).toHaveLength(1)
})

it('a journal of a newer version is put aside too', async () => {
  await commune.stop('alice')
  const journal = new DatabaseSync(inFolder('journal.sqlite'))
  journal.exec('pragma user_version = 99')
  journal.close()
  await commune.start('alice')
  await goesOn('after-the-version')
  expect(await epoch()).toBe(3)
  expect(putAside('journal.sqlite')[1]).toMatch(/version 99/)
})

it('so is everything else in the folder that can’t be used; only the journal costs an epoch', async () => {
  await commune.stop('alice')
  await truncate(inFolder('records.sqlite'), 5_000)
  await writeFile(inFolder('session.json'), '{ "service":')
  await writeFile(inFolder('heartbeat.key'), '')
  await commune.start('alice')
  await goesOn('after-the-rest')
  expect(await epoch()).toBe(3)
  for (const file of ['records.sqlite', 'session.json', 'heartbeat.key'])
    expect(putAside(file)).toHaveLength(1)
})
