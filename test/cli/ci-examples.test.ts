import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { COMMANDS } from '../../src/cli/command-table.ts'

const folder = fileURLToPath(new URL('../../examples/ci/', import.meta.url))
const read = (file: string) => readFileSync(`${folder}${file}`, 'utf8')
const pipelines = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }

it.each(pipelines)('%s is YAML, installs this version, and calls the script', (file) => {
  const text = read(file)
  expect(parse(text)).toBeTypeOf('object')
  expect(text).toContain(`@meshlet/commune@${version}`)
  expect(text).toMatch(/sh ci\/commune-ci\.sh (check|deploy) workloads/)
})

it.each(['commune-ci.sh', 'post-receive'])('%s is a script of any POSIX shell', (file) => {
  execFileSync('sh', ['-n', `${folder}${file}`])
})

it('the script uses only options that there are', () => {
  const commands = [...read('commune-ci.sh').matchAll(/\$commune (\w+)/g)].map(([, name]) => name)
  expect(new Set(commands)).toEqual(new Set(['validate', 'diff', 'sync']))
  for (const name of commands) {
    const flags = COMMANDS.find((command) => command.name === name)?.options ?? []
    for (const option of ['--errors', '--overlay']) {
      expect(flags.some((one) => one.flags.startsWith(option))).toBe(true)
    }
  }
})
