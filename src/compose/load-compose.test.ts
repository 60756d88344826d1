import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCompose } from './load-compose.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compose-'))
})
afterAll(() => rm(folder, { recursive: true }))

const APP = 'services: { app: { image: example/app:1 } }\n'

describe('what is wrong names its place', () => {
  it.each<[string, Record<string, string>, string, number]>([
    ['nothing', { 'compose.yaml': '' }, 'the file is empty', 1],
    ['a comment', { 'compose.yaml': '# nothing\n' }, 'the file is empty', 1],
    ['text', { 'compose.yaml': 'hello' }, 'found no mapping', 1],
    ['a list', { 'compose.yaml': '\n- a\n' }, 'found no mapping', 2],
    ['no YAML', { 'compose.yaml': 'services:\n  a: [\n' }, 'not well-formed YAML', 3],
    ['a tab', { 'compose.yaml': 'services:\n\tapp:\n' }, 'not well-formed YAML', 2],
    ['something else', { 'compose.yaml': 'apiVersion: v1\nkind: Pod\n' }, 'no Compose file', 1],
    [
      'services as a list',
      { 'compose.yaml': 'x-a: 1\nservices: [a]\n' },
      'a mapping of services',
      2,
    ],
    ['a service as text', { 'compose.yaml': 'services:\n  a: text\n' }, '"a" is no mapping', 2],
    ['no service', { 'compose.yaml': 'services: {}\n' }, 'there is no service', 1],
    [
      'a merge conflict',
      { 'compose.yaml': `${APP}<<<<<<< HEAD\n=======\n>>>>>>> b\n` },
      'merge conflict',
      2,
    ],
    ['two documents', { 'compose.yaml': `${APP}---\n${APP}` }, 'a second YAML document', 3],
    [
      'a key that stands twice',
      { 'compose.yaml': `${APP}services: {}\n` },
      '"services" stands twice',
      2,
    ],
    [
      'an alias to nothing',
      { 'compose.yaml': 'services:\n  a: *b\n' },
      'an alias without an anchor',
      2,
    ],
    [
      'an alias to itself',
      { 'compose.yaml': 'services:\n  a: &a\n    b: *a\n' },
      'contains itself',
      3,
    ],
    ['aliases without end', { 'compose.yaml': bomb() }, 'too large', 1],
    [
      'depth',
      { 'compose.yaml': `services: ${'['.repeat(100)}${']'.repeat(100)}` },
      'levels deep',
      1,
    ],
    ['itself extended', { 'compose.yaml': 'services:\n  a:\n    extends: a\n' }, 'without end', 3],
    [
      'two that extend each other',
      { 'compose.yaml': 'services:\n  a: { extends: b }\n  b: { extends: a }\n' },
      'without end',
      2,
    ],
    [
      'an unknown service',
      { 'compose.yaml': 'services:\n  a: { extends: b }\n' },
      'there is no such service here',
      2,
    ],
    [
      'a missing file',
      { 'compose.yaml': 'services:\n  a: { extends: { file: b.yaml, service: b } }\n' },
      'does not exist',
      2,
    ],
    [
      'an include of itself',
      { 'compose.yaml': `include: [compose.yaml]\n${APP}` },
      'include each other without end',
      1,
    ],
    [
      'an include from afar',
      { 'compose.yaml': `include: ["https://example.org/a.yaml"]\n${APP}` },
      'is no file',
      1,
    ],
    [
      'an include of no YAML',
      { 'compose.yaml': `include: [b.yaml]\n${APP}`, 'b.yaml': ': [' },
      'not well-formed',
      1,
    ],
  ])('%s', async (_name, files, message, line) => {
    const result = await load(files)
    if (result.ok) throw new Error('it was read')
    expect(result.issues.map((issue) => issue.message).join('\n')).toContain(message)
    expect(result.issues[0]?.line).toBe(line)
  })

  it('a file that is too large', async () => {
    const result = await load({ 'compose.yaml': `${APP}${'# more\n'.repeat(200_000)}` })
    expect(result).toMatchObject({ ok: false, issues: [{ message: 'the file is too large' }] })
  })
})

describe('files over files', () => {
  it('an override changes what it names, and its tags take away', async () => {
    const services = await load(
      {
        'compose.yaml':
          'services: { app: { image: "a:1", command: [one, two], ports: ["1:1"], labels: [x=1], volumes: ["v:/data"] } }',
        'override.yaml':
          'services: { app: { image: "a:2", command: [three], ports: !reset [], labels: { y: 2 }, volumes: ["w:/data", "u:/more"] } }',
      },
      ['compose.yaml', 'override.yaml'],
    ).then(servicesOf)
    expect(services).toEqual({
      app: {
        image: 'a:2',
        command: ['three'],
        labels: { x: '1', y: '2' },
        volumes: ['w:/data', 'u:/more'],
      },
    })
  })

  it('paths of an included file count from its folder', async () => {
    const services = await load({
      'compose.yaml': `include: [below/compose.yaml]\n${APP}`,
      'below/compose.yaml': 'services: { b: { image: "b:1", env_file: b.env } }',
      'below/b.env': 'FROM=below',
    }).then(servicesOf)
    expect(services).toMatchObject({ b: { environment: { FROM: 'below' } }, app: {} })
  })

  it('what others include is read once, however often it is named', async () => {
    const files: Record<string, string> = { 'compose.yaml': `include: [f0.yaml, f0.yaml]\n${APP}` }
    for (let index = 0; index < 30; index += 1) {
      const next = `f${index + 1}.yaml`
      files[`f${index}.yaml`] = `include: [${next}, ${next}]\n`
    }
    files['f30.yaml'] = 'services: { last: { image: "l:1" } }'
    expect(servicesOf(await load(files))).toMatchObject({ last: { image: 'l:1' } })
  })
})

async function load(files: Record<string, string>, names = ['compose.yaml']) {
  const own = await mkdtemp(join(folder, 'case-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(own, name)), { recursive: true })
    await writeFile(join(own, name), text)
  }
  return await loadCompose(
    names.map((name) => join(own, name)),
    new Map(),
  )
}

function servicesOf(result: Awaited<ReturnType<typeof load>>): unknown {
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join('\n'))
  return Object.fromEntries(result.project.services)
}

/** Each line holds the one before ten times. */
function bomb(): string {
  const lines = Array.from({ length: 8 }, (_, index) => {
    const item = index === 0 ? 'x' : `*a${index - 1}`
    return `x-${index}: &a${index} [${Array.from({ length: 10 }, () => item).join(', ')}]`
  })
  return `${lines.join('\n')}\n${APP}`
}
