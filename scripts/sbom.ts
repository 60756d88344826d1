/**
 * Writes the list of everything that a release ships (CycloneDX, JSON) to the file that is named, made
 * from the lock file: name, version and hash of every package.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { completeBill, type Bill } from './sbom/complete-bill.ts'

const ARGUMENTS = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']
const BILL_BYTES_MAX = 64 * 1024 * 1024

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: node scripts/sbom.ts FILE')
const { stdout } = await promisify(execFile)('npm', ARGUMENTS, { maxBuffer: BILL_BYTES_MAX })
const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as object
const bill = completeBill(JSON.parse(stdout) as Bill, lock)
await writeFile(file, `${JSON.stringify(bill, undefined, 2)}\n`)
process.stdout.write(`${file}: ${bill.components.length} packages\n`)
