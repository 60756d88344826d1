import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { CommuneError } from '../../model/errors.ts'
import { suggestDnsLabel } from '../../model/name.ts'
import { CI_HOSTS, ciFileFor, type CiHost } from '../ci-hosts.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { SCHEMA_PATH, SHIPPED, writeNewFiles, writeSchema, type NewFile } from '../new-files.ts'

interface InitOptions {
  readonly ci?: string
}

/** The example that the folder starts with: one that the golden tests and the demo run, too. */
const EXAMPLE = 'site.yaml'

/** Starts a folder of workload files. Overwrites nothing. */
export async function runInit(
  { io }: CommandContext,
  [given = '.']: readonly string[],
  { ci }: InitOptions,
): Promise<number> {
  const host = ci === undefined ? undefined : parseHost(ci)
  await requireFolder(given)
  const files = [
    { path: join(given, 'commune.yaml'), text: settings(given) },
    { path: join(given, EXAMPLE), text: await exampleWorkload() },
    ...(host === undefined ? [] : await ciFiles(given, host)),
  ]
  await writeNewFiles(files)
  await writeSchema(given)
  io.out(files.map(({ path }) => `wrote ${path}\n`).join(''))
  io.note(nextSteps(given, host))
  return EXIT.done
}

function parseHost(text: string): CiHost {
  const host = (Object.keys(CI_HOSTS) as CiHost[]).find((name) => name === text)
  if (host !== undefined) return host
  throw new CommuneError('usage', `"${text}" is no CI that is known here.`, {
    hint: `Use one of ${Object.keys(CI_HOSTS).join(', ')}; examples/ci has more to start from.`,
  })
}

/** A folder, or nothing yet. */
async function requireFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || found.isDirectory()) return
  throw new CommuneError('usage', `${path} is no folder.`, {
    hint: 'Give a folder, or a new name.',
  })
}

function settings(folder: string): string {
  const name = suggestDnsLabel(basename(resolve(folder))) ?? 'workloads'
  return [
    '# Settings of this folder. A set is what is published and pruned together; without a name here it',
    '# is called after the git remote, or after the folder.',
    `set: ${/^\d+$/.test(name) ? `"${name}"` : name}`,
    '',
  ].join('\n')
}

async function exampleWorkload(): Promise<string> {
  const text = await readFile(new URL(`examples/workloads/${EXAMPLE}`, SHIPPED), 'utf8')
  return text.replace(/^(# yaml-language-server: \$schema=).*$/m, `$1./${SCHEMA_PATH}`)
}

async function ciFiles(folder: string, host: CiHost): Promise<readonly NewFile[]> {
  const root = repositoryOf(resolve(folder)) ?? resolve(folder)
  const inside = relative(root, resolve(folder)).split(sep).join('/')
  return await Promise.all(
    CI_HOSTS[host].map(async ({ example, target }) => {
      const text = await readFile(new URL(`examples/ci/${example}`, SHIPPED), 'utf8')
      // Named from the folder that was given, as the other files are.
      const shown = join(folder, relative(resolve(folder), join(root, target)))
      return { path: shown, text: ciFileFor(text, inside === '' ? '.' : inside) }
    }),
  )
}

/** The folder with `.git` in it, this one or one around it. */
function repositoryOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  const above = dirname(folder)
  return above === folder ? undefined : repositoryOf(above)
}

function nextSteps(folder: string, host: CiHost | undefined): string {
  return [
    'Next:',
    `  commune validate ${folder}`,
    '  commune login',
    `  commune sync ${folder} --dry-run`,
    ...(host === undefined
      ? []
      : ['CI needs COMMUNE_SERVICE, COMMUNE_IDENTIFIER and COMMUNE_PASSWORD as secrets.']),
    '',
  ].join('\n')
}
