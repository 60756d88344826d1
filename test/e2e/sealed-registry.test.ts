import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { MeshletStatusRecord } from '../../src/model/records.ts'
import { runCli } from '../cli/run-cli.ts'
import { startRealCommune, type RealCommune } from '../support/real-commune.ts'

/** Bobby's images are private, and only Alice's machine has room. */

const LOGIN = { username: 'bobby', password: 'a password of the registry' }

let commune: RealCommune
let registry: LocalRegistry
let image: string

beforeAll(async () => {
  commune = await startRealCommune(['alice', 'bobby'])
  registry = await startRegistry({ login: LOGIN })
  const entrypoint = ['/bin/sh', '-c', 'exec sleep 1000']
  image = registry.add('app', await buildImage({ entrypoint, env: { FROM: registry.host } }))
  await commune.start('alice', { privateRegistries: [registry.host] })
  await commune.start('bobby', { cpuMilli: 0 })
  await commune.link('alice')
  await commune.link('bobby')
  await commune.until('the machine publishes its key', async () => {
    const status = await commune.record<MeshletStatusRecord>(
      'alice-mesh',
      COLLECTION.meshletStatus,
      'self',
    )
    return status?.value.publicKey?.startsWith('age1pq1')
  })
}, 120_000)
afterAll(async () => {
  await commune?.[Symbol.asyncDispose]()
  await registry?.[Symbol.asyncDispose]()
})

function workload(name: string): string {
  return [
    'kind: Workload',
    `name: ${name}`,
    `image: ${image}`,
    'resources: { cpu: 50m, memory: 16Mi }',
    'stopGracePeriod: 1s',
    'update: { healthyAfter: 1s }',
    '',
  ].join('\n')
}

function seal(...more: readonly string[]) {
  return runCli(['seal', 'registry', registry.host, '--workload', 'shop', ...more], {
    env: {
      ...commune.env('bobby'),
      COMMUNE_REGISTRY_PASSWORD: LOGIN.password,
    },
  })
}

async function deniedTo(owner: string, name: string): Promise<string> {
  return commune.until(`the registry refuses ${name}`, async () => {
    const status = await commune.status('alice-mesh', owner, name)
    const text = JSON.stringify(status?.value ?? {})
    return /refuse|denied|credentials|authoriz/i.test(text) && text
  })
}

it('a private image is refused without sealed credentials, and runs with them', async () => {
  await commune.sync('bobby', { shop: workload('shop') })
  await deniedTo('bobby', 'shop')
  const preview = await seal('--username', LOGIN.username, '--dry-run')
  expect(preview).toMatchObject({ code: 0 })
  expect(preview.out).toMatch(/^would seal shop\..* for .*alice\.test\/box/)
  const sealed = await seal('--username', LOGIN.username)
  expect(sealed).toMatchObject({ code: 0 })
  expect(`${sealed.out}${sealed.err}${commune.log.text()}`).not.toContain(LOGIN.password)
  await commune.running('bobby', 'shop', 1)
}, 150_000)

it('what came with them is for nobody else and no other workload, and is not kept', async () => {
  await commune.sync('bobby', { shop: workload('shop'), other: workload('other') })
  await deniedTo('bobby', 'other')
  expect(await commune.engine.containers('other')).toEqual([])
  const folder = join(commune.network.dir, 'machines', 'alice')
  await mkdir(folder, { recursive: true })
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (file.isFile())
      expect(
        (await readFile(join(file.parentPath, file.name))).includes(LOGIN.password),
        file.name,
      ).toBe(false)
  expect(commune.log.text()).not.toContain(LOGIN.password)
}, 150_000)

it('is taken away with --remove, and says to change the password', async () => {
  const removed = await seal('--remove')
  expect(removed).toMatchObject({ code: 0 })
  expect(removed.err).toContain('change it at the registry')
  expect(await seal('--remove')).toMatchObject({ code: 1 })
}, 60_000)

it('nothing is sealed for a registry or a login that is none', async () => {
  const results = await Promise.all([
    seal(),
    seal('--username', 'a:b'),
    runCli(['seal', 'registry', 'no/registry', '--workload', 'x', '--username', 'u']),
  ])
  for (const { code, err } of results) {
    expect(code).toBe(2)
    expect(err).toMatch(/--username|is no registry/)
  }
})
