/**
 * `make bench`: measures each row in a process of its own, prints the table and writes
 * `bench/results.json`. `ID=` measures one row and leaves the results of the others as they were.
 * `DOCS=1` also writes the tables of README.md and docs/performance.md from that file.
 */
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describeMachine, describeVersions } from './machine.ts'
import type { Result } from './result.ts'
import { OWN_NAMESPACES, withOwnFolder } from './own-folder.ts'
import { isRowId, type RowId, ROWS } from './rows.ts'
import { formatTable, markdownTable, ratioTable } from './table.ts'
import { writeMeasured } from '../scripts/docs/measured.ts'

const FILE = fileURLToPath(new URL('results.json', import.meta.url))
/** A row that takes longer hangs. */
const ROW_MS_MAX = 420_000

interface Report {
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  readonly date: string
  readonly results: readonly Result[]
}

function measure(id: RowId): Promise<readonly Result[]> {
  if (ROWS[id].place === 'here') return runRow([], id)
  return withOwnFolder((folder) => runRow(OWN_NAMESPACES, id, folder))
}

/** Rejects with what it printed when it fails. */
function runRow(before: readonly string[], ...args: readonly string[]): Promise<readonly Result[]> {
  const program = fileURLToPath(new URL('run-row.ts', import.meta.url))
  const node = ['--disable-warning=ExperimentalWarning', '--expose-gc', program, ...args]
  const child = spawn('env', [...before, process.execPath, ...node], {
    // What a row leaves in its folder goes with it, also when the row is killed.
    env: { ...process.env, ...(args[1] === undefined ? {} : { TMPDIR: args[1] }) },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: ROW_MS_MAX,
    killSignal: 'SIGKILL',
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const last = output.trimEnd().split('\n').at(-1) ?? ''
      if (code === 0) resolve(JSON.parse(last) as readonly Result[])
      else reject(new Error(`${args[0]} ended with ${code ?? 'a signal'}`))
    })
  })
}

async function earlier(): Promise<readonly Result[]> {
  const text = await readFile(FILE, 'utf8').catch(() => undefined)
  return text === undefined ? [] : (JSON.parse(text) as Report).results
}

/** In the order of the table: what was measured now, else what there was before. */
function merge(before: readonly Result[], now: readonly Result[], measured: ReadonlySet<string>) {
  const rowOf = ({ id }: Result) => id.split('/')[0] ?? ''
  return Object.keys(ROWS).flatMap((row) =>
    (measured.has(row) ? now : before).filter((result) => rowOf(result) === row),
  )
}

function writeTables({ machine, versions, date, results }: Report): void {
  const { node, docker } = versions
  const where = `Measured on ${date.slice(0, 10)}: ${machine}, Node ${node}, Docker ${docker}.`
  const documentOf = (path: string) => new URL(`../${path}`, import.meta.url)
  writeMeasured(documentOf('README.md'), `${where}\n\n${ratioTable(results)}`)
  writeMeasured(documentOf('docs/performance.md'), `${where}\n\n${markdownTable(results)}`)
}

const only = process.env['ID'] ?? ''
if (only !== '' && !isRowId(only)) {
  process.stderr.write(`bench: there is no row ${only}; rows: ${Object.keys(ROWS).join(', ')}\n`)
  process.exit(2)
}
const found: Result[] = []
const measured = new Set<string>()
for (const id of only === '' ? (Object.keys(ROWS) as RowId[]) : [only]) {
  const startMs = performance.now()
  try {
    found.push(...(await measure(id)))
    measured.add(id)
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
    process.stderr.write(`bench: ${id} (${seconds} s)\n`)
  } catch (error) {
    process.exitCode = 1
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}
const report: Report = {
  machine: describeMachine(),
  versions: await describeVersions(),
  date: new Date().toISOString(),
  results: merge(only === '' ? [] : await earlier(), found, measured),
}
await writeFile(FILE, `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(`${formatTable(found)}\n`)
if (process.env['DOCS'] === '1') writeTables(report)
