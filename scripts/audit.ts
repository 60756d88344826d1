/**
 * Asks the registry which known faults the packages of the lock file have, and compares the answer with
 * audit-exceptions.json. Exit code 1 when one of them is on no list, or the list is not in order.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { judgeAudit } from './audit/judge-audit.ts'

const FILE = 'audit-exceptions.json'
const ARGUMENTS = ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=20000']
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** npm’s exit code says as little as possible: whatever it printed is looked at. */
async function askRegistry(): Promise<unknown> {
  const text = await new Promise<string>((resolve) => {
    execFile('npm', ARGUMENTS, { maxBuffer: ANSWER_BYTES_MAX }, (_, stdout) => resolve(stdout))
  })
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const list = JSON.parse(await readFile(FILE, 'utf8')) as unknown
const today = new Date().toISOString().slice(0, 10)
const { failures, notes } = judgeAudit(await askRegistry(), list, today)
for (const note of notes) process.stdout.write(`audit: ${note}\n`)
for (const failure of failures) process.stderr.write(`audit: ${failure}\n`)
if (failures.length > 0) {
  process.stderr.write(`audit: failed; what is accepted stands in ${FILE}\n`)
  process.exitCode = 1
}
