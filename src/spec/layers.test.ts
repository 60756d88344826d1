import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFolder, type FolderResult, type ReadFolderOptions } from './read-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commune-layers-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function read(
  files: Readonly<Record<string, string>>,
  options: ReadFolderOptions = {},
): Promise<FolderResult> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(folder, file, '..'), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  return await readFolder(folder, options)
}

function told(result: FolderResult): readonly string[] {
  return result.issues.map(({ file, line, column, path, message, suggestion }) => {
    const hint = suggestion === undefined ? '' : ` (${suggestion})`
    return `${relative(folder, file)}:${line}:${column} ${path}: ${message}${hint}`
  })
}

const OVERLAYS = 'overlays: { production: env/production.yaml }\n'
const WEB = `kind: Workload
name: web
image: example.org/web:1
replicas: 1
command: ["serve", "--verbose"]
env:
  LOG: debug
  PORT: 8080
resources:
  cpu: 100m
  memory: 64Mi
`

describe('an overlay', () => {
  const base = { 'commune.yaml': `set: home\n${OVERLAYS}`, 'web.yaml': WEB }
  const production = { overlay: 'production' }

  it('changes replicas, images, environment and anything else by name', async () => {
    const overlay = `kind: Overlay
replicas: { web: 3 }
images: { web: "example.org/web:2" }
env: { web: { LOG: warn, PORT: null, VERSION: 1.10 } }
patches:
  - name: web
    command: [serve]
    resources: { memory: 256Mi }
`
    const files = { ...base, 'env/production.yaml': overlay }
    const result = await read(files, production)
    expect(told(result)).toEqual([])
    expect(result.workloads.map(({ document }) => document)).toEqual([
      {
        kind: 'Workload',
        name: 'web',
        image: 'example.org/web:2',
        replicas: 3,
        command: ['serve'],
        env: { LOG: 'warn', VERSION: '1.10' },
        resources: { cpu: '100m', memory: '256Mi' },
      },
    ])
    const plain = await read(files)
    expect(told(plain)).toEqual([])
    expect(plain.workloads[0]?.record).toMatchObject({ replicas: 1, image: 'example.org/web:1' })
  })

  it.each([
    ['replicas: { web: -1 }', '2:18', 'replicas.web'],
    ['replicas:\n  wep: 2', '3:3', 'replicas.wep: there is no workload "wep" in this folder (web)'],
    ['patches:\n- name: web\n  resorces: {}', '4:3', 'resorces: unknown key'],
    ['patches:\n- name: web\n  resources:\n    memory: 1', '5:13', 'resources.memory: '],
    ['patches:\n- name: web\n  healthcheck: {}', '4:3', 'healthcheck: '],
    ['patches:\n- name: nobody', '3:9', 'patches[0].name: there is no workload "nobody"'],
    ['images: { web: "Not an image" }', '2:16', 'image: "Not an image" is not an image'],
    ['variables: { x: 1 }', '2:14', 'variables.x: the variable x is not declared'],
    ['bogus: 1', '2:1', 'bogus: unknown key'],
  ])('names its own place for what is wrong with %j', async (text, place, message) => {
    const overlay = `kind: Overlay\n${text}\n`
    const result = await read({ ...base, 'env/production.yaml': overlay }, production)
    expect(told(result)[0]).toContain(`env/production.yaml:${place} ${message}`)
  })

  it('that removes what is needed is told at the workload', async () => {
    const overlay = 'kind: Overlay\npatches:\n- name: web\n  image: null\n'
    const result = await read({ ...base, 'env/production.yaml': overlay }, production)
    expect(told(result)[0]).toMatch(/^web\.yaml:1:1 .*image/)
  })

  it('that can not be read publishes nothing, rather than the plain folder', async () => {
    const missing = await read(base, production)
    expect(missing.workloads).toEqual([])
    expect(told(missing)[0]).toContain('env/production.yaml:1:1')
    const variables = { 'commune.yaml': `${base['commune.yaml']}variables: { tag: "1" }\n` }
    const web = { 'web.yaml': WEB.replace('web:1', 'web:${tag}') }
    const unknown = await read({ ...variables, ...web }, { overlay: 'produktion' })
    expect(unknown.workloads).toEqual([])
    expect(told(unknown)).toEqual([
      'commune.yaml:1:1 : there is no overlay "produktion" (production)',
    ])
    const outside = await read(
      { ...base, 'commune.yaml': 'overlays: { out: ../x.yaml }\n' },
      { overlay: 'out' },
    )
    expect(told(outside)[0]).toContain('outside of the folder')
  })

  it('may name its own set', async () => {
    const result = await read(
      { ...base, 'env/production.yaml': 'kind: Overlay\nset: live\n' },
      production,
    )
    expect(result).toMatchObject({ set: 'live', isOverlaySet: true })
  })
})

describe('variables', () => {
  const declare = 'variables:\n  tag: 1.10\n  count: 2\n  secret_name: ~\n'

  it('are put in strictly, after the file was parsed, with their own type where they stand alone', async () => {
    const text = `kind: Workload
name: web
image: "example.org/web:\${tag}"
replicas: \${count}
command: ["sh", "-c", "echo $HOME $$ $\${HOME} \${tag}"]
env:
  TAG: \${tag}
  COUNT: \${count}
`
    const result = await read({ 'commune.yaml': declare, 'web.yaml': text })
    expect(told(result)).toEqual([])
    expect(result.workloads[0]?.document).toMatchObject({
      image: 'example.org/web:1.10',
      replicas: 2,
      command: ['sh', '-c', 'echo $HOME $$ ${HOME} 1.10'],
      env: { TAG: '1.10', COUNT: '2' },
    })
  })

  it('are text like any other where commune.yaml declares none', async () => {
    const text = `${WEB}user: "1000"\nworkingDir: /\${HOME}\n`
    const result = await read({ 'commune.yaml': 'set: home\n', 'web.yaml': text })
    expect(result.workloads[0]?.document).toMatchObject({ workingDir: '/${HOME}' })
  })

  it.each([
    ['image: a/b:${tga}', '3:12', 'image: the variable tga is not declared (${tag})'],
    ['image: a\ncommand:\n- "x ${tag} ${tag}\n   ${tga}"', '6:4', 'command[0]: the variable tga'],
    ['image: a:${secret_name}', '3:10', 'image: the variable secret_name has no value'],
    ['image: a:${tag:-1}', '3:10', 'image: "${tag:-1}" is not a variable'],
    ['image: a:${tag', '3:10', 'image: "${tag" is not a variable'],
    ['image: a\nreplicas: "${count}"', '4:11', 'replicas: '],
  ])('that are not right are told at their place: %j', async (line, place, message) => {
    const text = `kind: Workload\nname: web\n${line}\n`
    const result = await read({ 'commune.yaml': declare, 'web.yaml': text })
    expect(told(result)[0]).toContain(`web.yaml:${place} ${message}`)
    expect(result.workloads).toEqual([])
  })

  it('are overruled by the overlay, and both by what is given', async () => {
    const files = {
      'commune.yaml': `${OVERLAYS}${declare}`,
      'web.yaml': 'kind: Workload\nname: web\nimage: a:${tag}-${secret_name}\nreplicas: ${count}\n',
      'env/production.yaml': 'kind: Overlay\nvariables: { tag: live, secret_name: x }\n',
    }
    const overlay = { overlay: 'production' }
    const given = new Map([['tag', 'given']])
    expect((await read(files, overlay)).workloads[0]?.document.image).toBe('a:live-x')
    const result = await read(files, { ...overlay, variables: given })
    expect(result.workloads[0]?.document).toMatchObject({ image: 'a:given-x', replicas: 2 })
    const wrong = await read(files, { ...overlay, variables: new Map([['tga', 'x']]) })
    expect(told(wrong)).toEqual([
      'commune.yaml:1:1 : the variable tga is given, but not declared under variables (tag)',
    ])
  })

  it('can not change the structure of a file', async () => {
    const variables = new Map([['tag', 'x\nreplicas: 900']])
    const text = 'kind: Workload\nname: web\nimage: a\nenv:\n  A: ${tag}\n'
    const result = await read({ 'commune.yaml': declare, 'web.yaml': text }, { variables })
    expect(result.workloads[0]?.document).toEqual({
      kind: 'Workload',
      name: 'web',
      image: 'a',
      env: { A: 'x\nreplicas: 900' },
    })
  })
})
