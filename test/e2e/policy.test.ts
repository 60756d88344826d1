import { execFile } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'

const MESHLET = fileURLToPath(new URL('../../src/bin/meshlet.ts', import.meta.url))
const run = promisify(execFile)

let commune: RealCommune
let file: string

beforeAll(async () => {
  commune = await startRealCommune(['alice', 'bobby'])
  file = join(commune.network.dir, 'policy.yaml')
  await writePolicy('images: ["ghcr.io/**"]')
  await commune.start('alice', { policy: file })
  await commune.start('bobby', { cpuMilli: 0 })
  await commune.link('alice')
  await commune.link('bobby')
})
afterAll(() => commune?.[Symbol.asyncDispose]())

/** As editors do it: a new file takes the place of the old one. */
async function writePolicy(...terms: readonly string[]): Promise<void> {
  const rule = ['  - for: members', '    name: guests', ...terms.map((term) => `    ${term}`)]
  await writeFile(`${file}.new`, ['kind: Policy', 'rules:', ...rule, ''].join('\n'))
  await rename(`${file}.new`, file)
}

/** The program itself, with the settings of Alice's machine. */
async function meshlet(...args: readonly string[]) {
  const settings = [
    `--owner=${commune.did('alice')}`,
    `--cluster-members=${commune.did('bobby')}`,
    `--plc-url=${commune.network.plcUrl}`,
    `--policy=${file}`,
  ]
  const done = run(process.execPath, [MESHLET, ...settings, ...args])
  return done.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
  )
}

it('refuses by a rule, follows the file as it changes, and keeps what held while it is broken', async () => {
  await commune.sync('bobby', { web: webWorkload(commune, 'web') })
  const refusal = await commune.until('alice’s machine refuses', () =>
    commune.bid('alice-mesh', 'bobby', 'web'),
  )
  expect(refusal.value).toMatchObject({ slots: 0, reason: 'policy' })
  expect(refusal.value.message).toContain('(rule “guests” of the machine’s policy)')
  const explained = await commune.commune('bobby', 'explain', 'web')
  expect(explained.out).toContain('rule “guests”')
  const uri = commune.uri('bobby', 'web')
  const said = await meshlet('policy', 'explain', uri)
  expect(said).toMatchObject({ code: 0, text: expect.stringContaining('may not run here') })
  expect(said.text).toMatch(/images +ghcr\.io\/\*\* +guests/)

  await writePolicy('images: ["127.0.0.1:*/**"]')
  await commune.running('bobby', 'web', 1)
  const json = await meshlet('policy', 'explain', uri, '-o', 'json')
  expect(JSON.parse(json.text)).toMatchObject({ workload: uri, mayRun: true })

  await writePolicy('imagse: []')
  await commune.until(
    'the mistake is told',
    async () => commune.log.find('can’t be used').length > 0,
  )
  expect(await meshlet('policy', 'check', file)).toMatchObject({
    code: 2,
    text: expect.stringMatching(/policy\.yaml:5:5: error: .*imagse[^]*try: images/),
  })
  await commune.running('bobby', 'web', 1)
  await writePolicy('ports: ["1024-65535"]')
  expect(await meshlet('policy', 'check', file)).toMatchObject({
    code: 0,
    text: expect.stringContaining('is sound: 1 rule'),
  })
})
