import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readOrigin } from './read-origin.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-origin-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function git(...args: string[]): string {
  return execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim()
}

/** Commits a file with this content as this person; returns the commit. */
function commit(author: string, file: string, text: string): string {
  mkdirSync(join(folder, 'workloads'), { recursive: true })
  writeFileSync(join(folder, file), text)
  git('add', '.')
  const email = `${author.toLowerCase()}@example.org`
  git(
    '-c',
    `user.name=${author}`,
    '-c',
    `user.email=${email}`,
    'commit',
    '-qm',
    `${author}: ${text}`,
  )
  return git('rev-parse', 'HEAD')
}

it('names who changed the file last, as of the revision, from anywhere in the checkout', async () => {
  git('init', '-q')
  const first = commit('Alice', 'workloads/a.yaml', 'one')
  const second = commit('Bob', 'README', 'two')
  commit('Carol', 'workloads/a.yaml', 'three')
  const about = { revision: second, file: 'workloads/a.yaml' }
  const read = await readOrigin(join(folder, 'workloads'), about)
  expect(read).toMatchObject({
    ok: true,
    origin: { commit: first, author: 'Alice <alice@example.org>', subject: 'Alice: one' },
  })
  expect(read.ok && read.origin).not.toHaveProperty('isShallow')
})

it('names the commit itself when the file was never committed, or is not known', async () => {
  git('init', '-q')
  commit('Alice', 'workloads/a.yaml', 'one')
  const revision = commit('Bob', 'README', 'two')
  for (const file of ['workloads/new.yaml', undefined]) {
    const about = { revision, ...(file === undefined ? {} : { file }) }
    expect(await readOrigin(folder, about)).toMatchObject({ origin: { commit: revision } })
  }
})

it('says that a shallow checkout may not know', async () => {
  git('init', '-q')
  commit('Alice', 'workloads/a.yaml', 'one')
  const revision = commit('Bob', 'README', 'two')
  git('clone', '-q', '--depth', '1', `file://${folder}`, join(folder, 'shallow'))
  const read = await readOrigin(join(folder, 'shallow'), { revision, file: 'workloads/a.yaml' })
  expect(read).toMatchObject({ origin: { isShallow: true } })
})

it('says why it does not know', async () => {
  const revision = 'a'.repeat(40)
  expect(await readOrigin(folder, { revision })).toMatchObject({
    why: expect.stringContaining('in no git checkout'),
  })
  git('init', '-q')
  commit('Alice', 'workloads/a.yaml', 'one')
  expect(await readOrigin(folder, { revision })).toMatchObject({
    why: expect.stringContaining('"git fetch" may bring it'),
  })
  git('remote', 'add', 'origin', 'https://example.org/alice/other')
  expect(await readOrigin(folder, { revision, repo: 'example.org/alice/app' })).toMatchObject({
    why: `${folder} is a checkout of example.org/alice/other, not of example.org/alice/app`,
  })
  expect(await readOrigin(folder, { revision: '--output=/tmp/x' })).toMatchObject({ ok: false })
  vi.stubEnv('PATH', '/nowhere')
  expect(await readOrigin(folder, { revision })).toMatchObject({
    why: expect.stringContaining('git is not installed'),
  })
})
