import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/** Whoever passes libraries on has to pass on what their authors ask for: all of it, as one text. */
export async function licensesOf(files: Iterable<string>): Promise<string> {
  const folders = new Set([...files].flatMap((file) => PACKAGE.exec(file)?.[0] ?? []))
  const texts = new Map<string, string>()
  for (const folder of folders) {
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
    const { name, version } = manifest
    const text = (await licenseFile(folder)) ?? `Licence: ${licenseName(manifest)}`
    texts.set(
      `${name} ${version}`,
      `Parts of these programs are of the package ${name}, version ${version}:\n\n${text.trim()}\n`,
    )
  }
  return [...texts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text)
    .join('\n\n')
}

/** The folder of the package that a file is in. */
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/

async function licenseFile(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && /^licen[cs]e/i.test(entry.name))
    .map(({ name }) => name)
    .toSorted()
  if (names.length === 0) return undefined
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.map((text) => text.trim()).join('\n\n')
}

function licenseName({ name, license }: Manifest): string {
  if (license === undefined) throw new Error(`${name} does not say what its licence is`)
  return license
}
