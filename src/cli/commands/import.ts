import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseDotenv } from '../../compose/dotenv.ts'
import { importCompose, type ImportedWorkload, type Remark } from '../../compose/import-compose.ts'
import { HEADINGS } from '../../compose/note.ts'
import { CommuneError } from '../../model/errors.ts'
import { formatIssue } from '../../spec/format-issue.ts'
import { readTextFile } from '../../spec/read-file.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { noteIssues, requirePath } from '../load-folder.ts'
import { SCHEMA_PATH, writeNewFiles, writeSchema } from '../new-files.ts'

interface ImportOptions {
  readonly output?: string
  readonly envFile?: string
}

const FOLDER = 'workloads'
const STANDARD_OUTPUT = '-'

/** What Compose looks for in a folder, and what it lays over that. */
const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
const OVERRIDES = NAMES.map((name) => name.replace(/\.(ya?ml)$/, '.override.$1'))

/** Writes a workload file for each service of some Compose files, or prints a list of atproto. */
export async function runImport(
  context: CommandContext,
  paths: readonly string[],
  options: ImportOptions,
): Promise<number> {
  const { io } = context
  const list = paths.find((path) => path.startsWith('at://'))
  if (list !== undefined) {
    if (paths.length > 1)
      throw new CommuneError('usage', 'A list is imported by itself.', {
        hint: 'Run the command once for each.',
      })
    return (await import('../import-list.ts')).importList(context, list)
  }
  for (const path of paths) await requirePath(path)
  const files = paths.flatMap(composeFilesOf)
  const folder = options.output ?? FOLDER
  const imported = await importCompose(files, {
    env: await readEnv(files[0] ?? '', options.envFile),
    schema: `./${SCHEMA_PATH}`,
  })
  if (!imported.ok) {
    noteIssues(io, imported.issues)
    throw new CommuneError('invalid-input', `${paths.join(', ')} can't be imported.`, {
      hint: 'Nothing was written. "docker compose config" says what Compose makes of it.',
    })
  }
  const { workloads, remarks } = imported
  if (folder === STANDARD_OUTPUT) {
    io.out(workloads.map(({ text }) => text).join('---\n'))
    tellRemarks(io, remarks, io.note)
  } else {
    await writeNewFiles(
      workloads.map(({ name, text }) => ({ path: join(folder, `${name}.yaml`), text })),
    )
    await writeSchema(folder)
    tellWorkloads(io, folder, workloads)
    tellRemarks(io, remarks, io.out)
    io.note(`Next: commune validate ${folder}\n`)
  }
  return remarks.some(({ weight }) => weight === 'mend') ? EXIT.failed : EXIT.done
}

function composeFilesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  const there = (names: readonly string[]) =>
    names
      .map((name) => join(path, name))
      .filter((file) => existsSync(file))
      .slice(0, 1)
  const found = there(NAMES)
  if (found.length > 0) return [...found, ...there(OVERRIDES)]
  throw new CommuneError('invalid-input', `There is no Compose file in ${path}.`, {
    hint: `It would be called ${NAMES.join(', ')}. Name the file when it is called otherwise.`,
  })
}

/** The variables of the file that was named, or of the `.env` beside the Compose file. */
async function readEnv(
  file: string,
  given: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const path = given ?? join(dirname(file), '.env')
  if (given === undefined && !existsSync(path)) return new Map()
  const decoded = await readTextFile(path, path)
  if (decoded.ok) return parseDotenv(decoded.text, { get: () => undefined, isSecret: () => false })
  throw new CommuneError('invalid-input', formatIssue(decoded.issue, { color: false }))
}

function tellWorkloads(io: Io, folder: string, workloads: readonly ImportedWorkload[]): void {
  const written = workloads.map(({ name, service }) => {
    const origin = name === service ? '' : ` (service ${service})`
    return `wrote ${join(folder, `${name}.yaml`)}${origin}\n`
  })
  io.out(written.join(''))
}

function tellRemarks(io: Io, remarks: readonly Remark[], say: (text: string) => void): void {
  for (const [weight, heading] of HEADINGS) {
    const of = remarks.filter((remark) => remark.weight === weight)
    if (of.length === 0) continue
    say(`\n${heading}\n${of.map(line).join('')}`)
  }
  if (remarks.length > 0) say('\n')
  else io.note('Everything was carried over.\n')
}

function line({ file, line: row, column, path, message }: Remark): string {
  return `  ${file}:${row}:${column}: ${path}: ${message}\n`
}
