/** Writes docs/cli.md below the folder given as argument, the checkout by default. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderCliPage } from './docs/cli-page.ts'

const root = process.argv[2] ?? '.'
await mkdir(join(root, 'docs'), { recursive: true })
await writeFile(join(root, 'docs/cli.md'), renderCliPage())
