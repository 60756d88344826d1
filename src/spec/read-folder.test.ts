import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listFiles } from './list-files.ts'
import { readFolder, type FolderResult } from './read-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commune-spec-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(folder, file, '..'), { recursive: true })
    await writeFile(join(folder, file), content)
  }
}

function workload(name: string): string {
  return `kind: Workload\nname: ${name}\nimage: busybox\n`
}

/** Issues with files relative to the folder, as short lines. */
function told(result: FolderResult): readonly string[] {
  return result.issues.map(
    ({ file, line, column, path, message }) =>
      `${relative(folder, file)}:${line}:${column} ${path}: ${message}`,
  )
}

function names(result: FolderResult): readonly string[] {
  return result.workloads.map(({ file, record }) => `${file} ${record.name}`)
}

/** Root may read everything, so it becomes nobody for a while. */
async function withoutRoot<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work()
  process.seteuid?.(65_534)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

describe('a folder', () => {
  it('is read with all below it, in order', async () => {
    await write({
      'b.yaml': workload('b'),
      'a.yml': `${workload('a')}---\n${workload('a2')}`,
      'sub/deep/c.YAML': workload('c'),
      'readme.md': 'x',
      '.hidden/x.yaml': '[',
      '.x.yaml': '[',
      'node_modules/x/x.yaml': '[',
    })
    const result = await readFolder(folder)
    expect(result.issues).toEqual([])
    expect(names(result)).toEqual(['a.yml a', 'a.yml a2', 'b.yaml b', 'sub/deep/c.YAML c'])
    expect(result.files).toEqual(['a.yml', 'b.yaml', 'sub/deep/c.YAML'])
    expect(result.root).toBe(folder)
    expect(result.set).toBeUndefined()
  })

  it('tells all faults of all files, sorted, and keeps what is sound', async () => {
    await write({
      'b.yaml': `${workload('B')}imge: x\n`,
      'a.yaml': 'kind: [',
      'c.yaml': workload('c'),
      'd.yaml': '',
    })
    const result = await readFolder(folder)
    expect(told(result)).toEqual([
      expect.stringMatching(/^a\.yaml:1:\d+ : not well-formed YAML/),
      'b.yaml:2:7 name: "B" is not a name',
      'b.yaml:4:1 imge: unknown key "imge"',
      'd.yaml:1:1 : the file is empty',
    ])
    expect(names(result)).toEqual(['c.yaml c'])
  })

  it('shows paths as they were given', async () => {
    await write({ 'a.yaml': '[]' })
    const { issues } = await readFolder(`${folder}/`)
    expect(issues[0]?.file).toBe(`${folder}/a.yaml`)
  })

  it('leaves out whoever shares a name, and names both places', async () => {
    await write({
      'a.yaml': workload('same'),
      'b.yaml': `${workload('other')}---\n${workload('same')}`,
      'c.yaml': `${workload('same')}imge: x`,
    })
    const result = await readFolder(folder)
    expect(told(result)).toEqual([
      'a.yaml:2:7 name: the name "same" is also used in b.yaml:6',
      'b.yaml:6:7 name: the name "same" is also used in a.yaml:2',
      'c.yaml:2:7 name: the name "same" is also used in a.yaml:2',
      'c.yaml:4:1 imge: unknown key "imge"',
    ])
    expect(names(result)).toEqual(['b.yaml other'])
  })

  it.each([
    ['nothing', {}],
    ['nothing of ours', { 'a.txt': 'x' }],
    ['settings only', { 'commune.yaml': 'set: home\n' }],
    ['empty files', { 'a.yaml': '# x\n' }],
  ])('with %s is an issue', async (_, files) => {
    await write(files)
    const result = await readFolder(folder)
    expect(result.issues.filter(({ severity }) => severity === 'error')).toMatchObject([
      { file: folder, message: 'there is no workload here' },
    ])
  })

  it('that does not exist is an issue', async () => {
    expect(told(await readFolder(join(folder, 'gone')))).toEqual([
      'gone:1:1 : cannot be read: it does not exist',
    ])
  })

  it('takes names and content of any kind', async () => {
    await write({
      'a b.yaml': workload('a'),
      'ü.yaml': workload('u'),
      'latin.yaml': new Uint8Array([...Buffer.from('kind: Workload\nname: x'), 0xe4, 0x0a]),
      'utf16.yaml': Buffer.from(`\u{feff}${workload('x')}`, 'utf16le'),
      'cut.yaml': Buffer.from('kind: ü').subarray(0, 7),
      'binary.yaml': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]),
      'bom.yaml': `\u{feff}${workload('bom')}`,
      'crlf.yaml': workload('crlf').replaceAll('\n', '\r\n'),
    })
    const result = await readFolder(folder)
    expect(told(result)).toEqual([
      'binary.yaml:1:1 : byte 0 (from 0) is not UTF-8',
      'cut.yaml:1:7 : byte 6 (from 0) is not UTF-8',
      'latin.yaml:2:8 : byte 22 (from 0) is not UTF-8',
      'utf16.yaml:1:1 : byte 0 (from 0) is not UTF-8',
    ])
    expect(names(result)).toEqual(['a b.yaml a', 'bom.yaml bom', 'crlf.yaml crlf', 'ü.yaml u'])
  })

  it('holds files to their size', async () => {
    await write({ 'a.yaml': `#${'x'.repeat(1024 * 1024)}`, 'b.yaml': workload('b') })
    const result = await readFolder(folder)
    expect(told(result)).toEqual(['a.yaml:1:1 : the file is too large'])
    expect(names(result)).toEqual(['b.yaml b'])
  })

  it('does not follow links out of itself or in circles', async () => {
    await write({ 'in/a.yaml': workload('a'), '.data/b.yaml': workload('b') })
    await symlink('..', join(folder, 'in/loop'))
    await symlink('self.yaml', join(folder, 'self.yaml'))
    await symlink('gone.yaml', join(folder, 'dangling.yaml'))
    await symlink('/etc/hostname', join(folder, 'out.yaml'))
    await symlink('/etc', join(folder, 'etc'))
    await symlink('/etc', join(folder, 'node_modules'))
    await symlink('/etc/hostname', join(folder, 'hostname'))
    await symlink('gone', join(folder, 'dangling'))
    await symlink('.data/b.yaml', join(folder, 'b.yaml'))
    const result = await readFolder(folder)
    expect(told(result)).toEqual([
      'dangling.yaml:1:1 : the link cannot be followed: it does not exist',
      'etc:1:1 : the link points out of the folder',
      'out.yaml:1:1 : the link points out of the folder',
      'self.yaml:1:1 : the link cannot be followed: it leads in a circle',
    ])
    expect(names(result)).toEqual(['b.yaml b', 'in/a.yaml a'])
  })

  it('does not wait for a pipe', async () => {
    await write({ 'a.yaml': workload('a') })
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
    expect(told(await readFolder(folder))).toEqual(['pipe.yaml:1:1 : not a regular file'])
  })

  it('says what it may not read', async () => {
    await write({ 'a.yaml': workload('a'), 'b.yaml': workload('b'), 'closed/c.yaml': '[' })
    await chmod(folder, 0o755)
    await chmod(join(folder, 'a.yaml'), 0)
    await chmod(join(folder, 'closed'), 0)
    const result = await withoutRoot(async () => await readFolder(folder))
    await chmod(join(folder, 'closed'), 0o700)
    expect(told(result)).toEqual([
      'a.yaml:1:1 : the file cannot be read: permission denied',
      'closed:1:1 : the folder cannot be read: permission denied',
    ])
    expect(names(result)).toEqual(['b.yaml b'])
  })

  it('may not hold more than anybody would want to sync', async () => {
    await write({ 'a.yaml': '', 'b.yaml': '', 'c/d.yaml': '', 'e.txt': '' })
    expect(await listFiles(folder, 3)).toMatchObject({ files: ['a.yaml', 'b.yaml', 'c/d.yaml'] })
    expect(await listFiles(folder, 2)).toMatchObject({
      files: [],
      issues: [{ file: '', message: 'the folder holds too much' }],
    })
  })

  it('may not be nested without end', async () => {
    await write({ 'a.yaml': workload('a'), [`${'d/'.repeat(33)}b.yaml`]: workload('b') })
    const result = await readFolder(folder)
    expect(told(result)).toEqual([
      `${'d/'.repeat(33).slice(0, -1)}:1:1 : the folder is nested too deeply`,
    ])
    expect(names(result)).toEqual(['a.yaml a'])
  })

  it('stops when it is told to', async () => {
    await write({ 'a.yaml': workload('a') })
    await expect(readFolder(folder, { signal: AbortSignal.abort() })).rejects.toThrow('abort')
  })
})

describe('a file', () => {
  it('is read alone', async () => {
    await write({ 'a.yaml': workload('a'), 'b.yaml': '[', 'commune.yaml': 'set: home' })
    const result = await readFolder(join(folder, 'a.yaml'))
    expect(result.issues).toEqual([])
    expect(names(result)).toEqual(['a.yaml a'])
    expect(result).toMatchObject({ root: folder, set: 'home', files: ['a.yaml'] })
  })

  it('may have any name', async () => {
    await write({ 'a.txt': workload('a') })
    expect(names(await readFolder(join(folder, 'a.txt')))).toEqual(['a.txt a'])
  })
})

describe('commune.yaml', () => {
  it('names the set', async () => {
    const line = '# yaml-language-server: $schema=../schemas/commune.schema.json\n'
    await write({ 'a.yaml': workload('a'), 'commune.yaml': `${line}set: example.org/home\n` })
    const result = await readFolder(folder)
    expect(result).toMatchObject({ set: 'example.org/home', issues: [], files: ['a.yaml'] })
  })

  it.each([
    ['sett: x', '1:1 sett: unknown key "sett"'],
    ['set: [x]', '1:6 set: found a list'],
    ['set: "a b"', '1:6 set: found the text "a b"'],
    ['set: ""', '1:6 set: is empty'],
    ['- x', '1:1 : found a list'],
    ['a: b\n---\nset: c', '1:1 : the file holds several documents'],
    ['', '1:1 : the file is empty'],
    ['set: [', '1:7 : not well-formed YAML'],
  ])('%j', async (text, expected) => {
    await write({ 'a.yaml': workload('a'), 'commune.yaml': text })
    const result = await readFolder(folder)
    expect(result.set).toBeUndefined()
    expect(told(result)[0]).toContain(`commune.yaml:${expected}`)
    // With errors nobody knows what the workloads are meant to be, nor to which set they belong.
    const isBroken = result.issues.some(({ severity }) => severity === 'error')
    expect(names(result)).toEqual(isBroken ? [] : ['a.yaml a'])
  })

  it('stands at the root', async () => {
    await write({ 'a.yaml': workload('a'), 'sub/commune.yaml': 'set: a' })
    expect(told(await readFolder(folder))).toEqual([
      'sub/commune.yaml:1:1 : commune.yaml counts only at the root',
    ])
  })

  it('stands once', async () => {
    await write({ 'a.yaml': workload('a'), 'commune.yaml': 'set: a', 'commune.yml': 'set: b' })
    const result = await readFolder(folder)
    expect(told(result)).toEqual(['commune.yml:1:1 : commune.yaml stands beside it'])
    expect(result.set).toBeUndefined()
  })
})
