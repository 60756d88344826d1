import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { completeBill, type Bill } from './complete-bill.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('the bill of a release names every shipped package with version, address and hash', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'commune-sbom-'))
  try {
    const file = join(folder, 'sbom.cdx.json')
    await promisify(execFile)(process.execPath, ['scripts/sbom.ts', file], { cwd: ROOT })
    const bill = JSON.parse(await readFile(file, 'utf8')) as Bill
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: expect.stringMatching(/^1\.\d$/),
    })
    expect(bill.metadata.component.name).toBe('@meshlet/commune')
    const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
      devDependencies: Record<string, string>
    }
    const there = new Set(bill.components.map(({ name, version }) => `${name}@${version}`))
    for (const [name, version] of Object.entries(manifest.dependencies))
      expect(there).toContain(`${name}@${version}`)
    expect(there).not.toContain(`vitest@${manifest.devDependencies['vitest']}`)
    for (const { purl, hashes } of bill.components) {
      expect(purl).toMatch(/^pkg:npm\/.+@\d/)
      expect(hashes?.[0]).toMatchObject({
        alg: 'SHA-512',
        content: expect.stringMatching(/^[\da-f]{128}$/),
      })
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

const hashes = [{ alg: 'SHA-512', content: 'aa' }]
const component = (name: string, version: string) => ({
  ...{ 'bom-ref': `${name}@${version}`, name, version, purl: `pkg:npm/${name}@${version}`, hashes },
})
const bill: Bill = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  metadata: { component: { name: 'folder', version: '1.0.0' } },
  components: [component('a', '1.0.0'), component('tool', '3.0.0')],
  dependencies: [
    { ref: 'me@1.0.0', dependsOn: ['a@1.0.0', 'tool@3.0.0'] },
    { ref: 'a@1.0.0', dependsOn: [] },
    { ref: 'tool@3.0.0', dependsOn: [] },
  ],
}
const lock = {
  name: 'me',
  packages: {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/tool': { version: '3.0.0', dev: true },
  },
}

test('what only builds and tests is not in it', () => {
  const { metadata, components, dependencies } = completeBill(bill, lock)
  expect(metadata.component).toEqual({ name: 'me', version: '1.0.0' })
  expect(components.map(({ name }) => name)).toEqual(['a'])
  expect(dependencies).toEqual([
    { ref: 'me@1.0.0', dependsOn: ['a@1.0.0'] },
    { ref: 'a@1.0.0', dependsOn: [] },
  ])
})

test('a bill that leaves a package out, or its hash, is none', () => {
  const more = {
    ...lock.packages,
    'node_modules/x/node_modules/b': { name: '@s/b', version: '2.0.0' },
  }
  expect(() => completeBill(bill, { packages: more })).toThrow('left out of the bill: @s/b@2.0.0')
  const bare = { ...bill, components: [{ ...component('a', '1.0.0'), hashes: [] }] }
  expect(() => completeBill(bare, lock)).toThrow('no hash in the lock file: a')
})
