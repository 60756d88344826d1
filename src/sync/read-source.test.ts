import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readSource } from './read-source.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-source-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function git(...args: string[]): string {
  const who = [
    '-c',
    'advice.detachedHead=false',
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@example.org',
  ]
  return execFileSync('git', ['-C', folder, ...who, ...args], { encoding: 'utf8' }).trim()
}

/** A repository with a remote and one commit of one file in `workloads`; returns that commit. */
function repository(): string {
  git('init', '-q')
  git('remote', 'add', 'origin', 'https://secret@example.org/alice/app.git')
  mkdirSync(join(folder, 'workloads'))
  writeFileSync(join(folder, 'workloads/a.yaml'), 'kind: Workload\n')
  git('add', '.')
  git('commit', '-qm', 'first')
  return git('rev-parse', 'HEAD')
}

const workloads = () => join(folder, 'workloads')

it('is called by the folder where there is no repository', async () => {
  expect(await readSource(folder)).toEqual({ source: { defaultSet: basename(folder) } })
})

it('manages with a repository that has no commit and no remote', async () => {
  git('init', '-q')
  expect(await readSource(folder)).toEqual({ source: { defaultSet: basename(folder) } })
})

it('names remote, path, commit and whether files differ from it', async () => {
  const revision = repository()
  const clean = await readSource(workloads())
  expect(clean).toEqual({
    source: {
      defaultSet: 'example.org/alice/app/workloads',
      repo: 'example.org/alice/app',
      folder: 'workloads',
      revision,
      dirty: false,
    },
  })
  // What differs elsewhere in the repository was not synced.
  writeFileSync(join(folder, 'README'), 'x')
  expect((await readSource(workloads())).source.dirty).toBe(false)
  writeFileSync(join(folder, 'workloads/b.yaml'), 'x')
  expect((await readSource(workloads())).source.dirty).toBe(true)
})

it('asks the repository of the folder, also in a hook of another one', async () => {
  const revision = repository()
  vi.stubEnv('GIT_DIR', '.')
  vi.stubEnv('GIT_WORK_TREE', '/')
  vi.stubEnv('GIT_INDEX_FILE', '/nowhere')
  expect((await readSource(workloads())).source).toMatchObject({ revision, dirty: false })
})

it('takes a detached head, a shallow clone, a work tree and a submodule as they are', async () => {
  const revision = repository()
  writeFileSync(join(folder, 'workloads/a.yaml'), 'kind: Job\n')
  git('commit', '-qam', 'second')
  const newest = git('rev-parse', 'HEAD')
  git('checkout', '-q', revision)
  expect((await readSource(workloads())).source).toMatchObject({ revision, dirty: false })

  git('clone', '-q', '--depth', '1', `file://${folder}`, join(folder, 'shallow'))
  const shallow = await readSource(join(folder, 'shallow/workloads'))
  expect(shallow.source).toMatchObject({ revision, folder: 'workloads', dirty: false })

  git('worktree', 'add', '-q', join(folder, 'tree'), newest)
  const tree = await readSource(join(folder, 'tree/workloads'))
  expect(tree.source).toMatchObject({ revision: newest, repo: 'example.org/alice/app' })

  const url = `file://${folder}/shallow`
  git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', url, 'module')
  const module = await readSource(join(folder, 'module/workloads'))
  expect(module.source).toMatchObject({ revision, folder: 'workloads' })
  expect(module.source.repo).toMatch(/\/shallow$/)
})

it('takes the only remote, whatever it is called, and none of several', async () => {
  repository()
  git('remote', 'rename', 'origin', 'upstream')
  expect((await readSource(folder)).source).toMatchObject({ defaultSet: 'example.org/alice/app' })
  git('remote', 'add', 'fork', 'https://example.org/bob/app')
  expect((await readSource(folder)).source).not.toHaveProperty('repo')
})

it('says why git can not be asked about a folder that is in a repository', async () => {
  repository()
  vi.stubEnv('PATH', '/nowhere')
  expect(await readSource(workloads())).toEqual({
    source: { defaultSet: 'workloads' },
    problem: 'git is not installed',
  })
  vi.unstubAllEnvs()
  writeFileSync(join(folder, '.git/HEAD'), 'nonsense')
  expect((await readSource(workloads())).problem).toMatch(/not a git repository/)
})
