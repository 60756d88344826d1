import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSource } from './read-source.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-source-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function git(...args: string[]): string {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
  return execFileSync('git', ['-C', folder, ...who, ...args], { encoding: 'utf8' }).trim()
}

it('is called by the folder where there is no repository', async () => {
  expect(await readSource(folder)).toEqual({ defaultSet: basename(folder) })
})

it('manages with a repository that has no commit and no remote', async () => {
  git('init', '-q')
  expect(await readSource(folder)).toEqual({ defaultSet: basename(folder) })
})

it('names remote, path, commit and whether files differ from it', async () => {
  git('init', '-q')
  git('remote', 'add', 'origin', 'https://secret@example.org/alice/app.git')
  mkdirSync(join(folder, 'workloads'))
  writeFileSync(join(folder, 'workloads/a.yaml'), 'kind: Workload\n')
  git('add', '.')
  git('commit', '-qm', 'first')
  const revision = git('rev-parse', 'HEAD')
  const clean = await readSource(join(folder, 'workloads'))
  expect(clean).toEqual({
    defaultSet: 'example.org/alice/app/workloads',
    repo: 'example.org/alice/app',
    revision,
    dirty: false,
  })
  // What differs elsewhere in the repository was not synced.
  writeFileSync(join(folder, 'README'), 'x')
  expect((await readSource(join(folder, 'workloads'))).dirty).toBe(false)
  writeFileSync(join(folder, 'workloads/b.yaml'), 'x')
  expect((await readSource(join(folder, 'workloads'))).dirty).toBe(true)
})
