import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-render-'))
  write('commune.yaml', 'variables: { tag: "1" }\noverlays: { live: live.yaml }\n')
  write('live.yaml', 'kind: Overlay\nreplicas: { web: 3 }\n')
  write('web.yaml', 'kind: Workload\nname: web\nimage: example.org/web:${tag}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(file: string, text: string): void {
  writeFileSync(join(folder, file), text)
}

it('prints what a folder means, as a plain file that means the same', async () => {
  const rendered = await runCli(['render', folder, '--overlay', 'live', '--var', 'tag=1.10'])
  expect(rendered).toEqual({
    code: 0,
    out: '---\n# web.yaml:1\n\nkind: Workload\nname: web\nimage: example.org/web:1.10\nreplicas: 3\n',
    err: '',
  })
  for (const file of ['commune.yaml', 'live.yaml']) rmSync(join(folder, file))
  write('web.yaml', rendered.out)
  const again = await runCli(['render', folder, '-o', 'json'])
  expect(JSON.parse(again.out)).toEqual([
    { kind: 'Workload', name: 'web', image: 'example.org/web:1.10', replicas: 3 },
  ])
})

it('says where a variable is missing, and what --var expects', async () => {
  write('web.yaml', 'kind: Workload\nname: web\nimage: example.org/web:${tga}\n')
  const undeclared = await runCli(['render', folder])
  expect(undeclared).toMatchObject({ code: 2, out: '' })
  expect(undeclared.err).toContain('web.yaml:3:24: error: image: the variable tga is not declared')
  expect(undeclared.err).toContain('3 | image: example.org/web:${tga}')
  const wrong = await runCli(['validate', folder, '--var', 'tag'])
  expect(wrong).toMatchObject({ code: 2 })
  expect(wrong.err).toContain('expected NAME=VALUE')
})
