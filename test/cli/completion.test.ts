import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { commandGrammar } from '../../src/cli/completion/grammar.ts'
import { runCli } from './run-cli.ts'

const run = promisify(execFile)

/** bash is wherever the tests run. `make test` brings the others where it may install something. */
const PATHS = { bash: '/bin/bash', zsh: '/usr/bin/zsh', fish: '/usr/bin/fish' } as const
type Shell = keyof typeof PATHS
const shells = (Object.keys(PATHS) as Shell[]).filter(
  (shell) => shell === 'bash' || existsSync(PATHS[shell]),
)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'completion-'))
  await mkdir(join(folder, 'work loads'))
  await writeFile(join(folder, 'wide.yaml'), '')
  // Stands for the program when a script asks for names.
  await writeFile(
    join(folder, 'commune'),
    '#!/bin/sh\n[ "$1 $2 $3" = "completion --names workloads" ] && printf "hello\\nhelper\\n"\n[ "$3" = meshlets ] && echo box\nexit 0\n',
    { mode: 0o755 },
  )
  for (const shell of shells) {
    const { out } = await runCli(['completion', shell])
    await writeFile(join(folder, `script.${shell}`), out)
  }
})
afterAll(() => rm(folder, { recursive: true }))

it.each(shells)('%s finds nothing wrong with its script', async (shell) => {
  const checked = run(PATHS[shell], ['-n', join(folder, `script.${shell}`)])
  await expect(checked).resolves.toMatchObject({ stderr: '' })
})

const asking = shells.filter((shell) => shell !== 'zsh')

describe.each(asking)('%s', (shell) => {
  it.each<[string[], string[]]>([
    [['syn'], ['sync']],
    [['rollout', 'und'], ['undo']],
    [['sync', '--dry'], ['--dry-run']],
    [['rollout', 'undo', '--plc'], ['--plc-url']],
    [['sync', '--output', 'wi'], ['wide']],
    [['get', 'work'], ['workloads']],
    [['get', '-o', 'json', 'work'], ['workloads']],
    [
      ['describe', 'hel'],
      ['hello', 'helper'],
    ],
    [['get', 'workloads', 'hell'], ['hello']],
    [['delete', 'hello', 'helpe'], ['helper']],
    [['logs', 'hello', '--meshlet', 'b'], ['box']],
    [['cordon', 'b'], ['box']],
    [['validate', 'wid'], ['wide.yaml']],
    [['completion', 'fi'], ['fish']],
  ])('completes %j', async (words, expected) => {
    expect(await complete(shell, words)).toEqual(expected)
  })

  it('offers every command', async () => {
    const first = new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? ''))
    expect(await complete(shell, [''])).toEqual([...first, 'help'].toSorted())
  })
})

it.runIf(shells.includes('zsh'))('zsh is told words, options, values and arguments', async () => {
  const first = new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? ''))
  expect(await complete('zsh', [''])).toEqual([...first, 'help'].toSorted())
  expect(await complete('zsh', ['rollout', ''])).toContain('undo')
  const undo = await complete('zsh', ['rollout', 'undo', 'x'])
  expect(undo).toContain('undo 2')
  expect(undo).toContain('1:name:_commune_names workloads')
  const sync = await complete('zsh', ['sync', '--x'])
  expect(sync).toContain('--dry-run[show the plan and write nothing]')
  expect(sync).toContain('1:path:_files')
  expect(sync.some((spec) => spec.endsWith(':FORMAT:(table wide json yaml name)'))).toBe(true)
})

it('bash keeps the spaces of file names', async () => {
  expect(await complete('bash', ['sync', 'work'])).toEqual(['work loads'])
})

it('no option takes a value in one command and none in another', () => {
  const taking = new Map<string, boolean>()
  for (const { words, options } of commandGrammar()) {
    for (const { names, value } of options) {
      for (const name of names) {
        const known = taking.get(name)
        if (known !== undefined)
          expect(known, `${words.join(' ')} ${name}`).toBe(value !== undefined)
        taking.set(name, value !== undefined)
      }
    }
  }
})

it('is silent about names when nobody is logged in, and when the PDS is away', async () => {
  const config = { XDG_CONFIG_HOME: join(folder, 'config') }
  const away = {
    ...config,
    COMMUNE_SERVICE: 'http://127.0.0.1:1',
    COMMUNE_IDENTIFIER: 'alice.test',
    COMMUNE_PASSWORD: 'x',
  }
  for (const env of [config, away]) {
    for (const kind of ['workloads', 'meshlets', 'nonsense']) {
      const result = await runCli(['completion', '--names', kind], { env })
      expect(result).toEqual({ code: 0, out: '', err: '' })
    }
  }
})

it('names the shells that it knows', async () => {
  const result = await runCli(['completion', 'tcsh'])
  expect(result).toMatchObject({ code: 2, out: '' })
  expect(result.err).toContain('bash, zsh, fish')
})

/** What the shell offers for the last word, sorted. */
async function complete(shell: Shell, words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run(PATHS[shell], argumentsOf(shell, words), {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder, TERM: 'dumb' },
  })
  const lines = stdout.split('\n').filter((line) => line !== '')
  return [...new Set(lines.map((line) => line.split('\t')[0] ?? ''))].toSorted()
}

function argumentsOf(shell: Shell, words: readonly string[]): readonly string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  switch (shell) {
    case 'bash':
      return [
        '--norc',
        '-c',
        `source script.bash; COMP_WORDS=(commune ${quoted}); COMP_CWORD=${words.length}; _commune; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ]
    case 'zsh':
      return [
        '-f',
        '-c',
        `${ZSH_STAND_INS}\nsource script.zsh\nwords=(commune ${quoted}) CURRENT=${words.length + 1}; _commune`,
      ]
    case 'fish':
      return ['--no-config', '-c', `source script.fish; complete -C "commune ${words.join(' ')}"`]
  }
}

/** zsh completes only at a prompt: these show what the script hands to it there. */
const ZSH_STAND_INS = `
compdef() { : }
_describe() { print -rl -- \${(P)4%%:*} }
_arguments() { print -rl -- "$words[1] $CURRENT" "$@" }
`
