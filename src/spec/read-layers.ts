import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommuneFileResult } from './commune-file.ts'
import { quote } from './finding.ts'
import { fileIssue, type Issue } from './issue.ts'
import type { Layers } from './parse-documents.ts'
import { readTextFile } from './read-file.ts'
import type { ReadFolderOptions } from './read-folder.ts'
import { nearest } from './suggest.ts'
import { withValues, type Variables } from './variables.ts'

const SETTINGS_FILE = 'commune.yaml'
const NONE: Variables = new Map()

/** The overlay and the variables that were asked for; what is wrong with them are issues. */
export async function readLayers(
  root: string,
  settings: CommuneFileResult,
  options: ReadFolderOptions,
): Promise<Layers & { readonly issues: readonly Issue[] }> {
  const declared = settings.variables ?? NONE
  const given = givenVariables(options.variables)
  const issues = undeclared(declared, given)
  const variables = withValues(declared, given)
  const base = settings.variables === undefined ? { issues } : { variables, issues }
  if (options.overlay === undefined) return base
  const file = settings.overlays?.get(options.overlay)
  // The variables stay, so that the workload files are not blamed for what is wrong elsewhere.
  const without = (more: readonly Issue[]) => ({ ...base, issues: [...issues, ...more] })
  if (file === undefined) return without([noSuchOverlay(settings, options.overlay)])
  const read = await readInside(root, file)
  if (!read.ok) return without([read.issue])
  // Most folders have none, and its validator takes a while to load.
  const { parseOverlay } = await import('./overlay.ts')
  const { overlay, issues: more } = parseOverlay(read.text, file, declared, given)
  if (overlay === undefined) return without(more)
  const own = settings.variables === undefined ? {} : { variables: overlay.variables }
  return { ...own, overlay, issues: [...issues, ...more] }
}

function givenVariables(values: ReadonlyMap<string, string> | undefined): Variables {
  return new Map([...(values ?? [])].map(([name, value]) => [name, valueOf(value)]))
}

/** What is given as an argument is of the type that YAML would give it. */
function valueOf(text: string) {
  if (text === 'true' || text === 'false') return { value: text === 'true', text }
  const isInteger = /^-?(?:0|[1-9]\d{0,14})$/.test(text)
  return { value: isInteger ? Number(text) : text, text }
}

function undeclared(declared: Variables, given: Variables): readonly Issue[] {
  const names = [...declared.keys()]
  return [...given.keys()]
    .filter((name) => !declared.has(name))
    .map((name) => {
      const message = `the variable ${name} is given, but not declared under variables`
      const close = nearest(name, names)
      return fileIssue(SETTINGS_FILE, message, close === undefined ? {} : { suggestion: close })
    })
}

function noSuchOverlay({ overlays }: CommuneFileResult, name: string): Issue {
  const names = [...(overlays?.keys() ?? [])].toSorted()
  const close = nearest(name, names)
  return fileIssue(SETTINGS_FILE, `there is no overlay ${quote(name)}`, {
    expected: names.length === 0 ? 'overlays: { NAME: FILE }' : `one of ${names.join(', ')}`,
    ...(close === undefined ? {} : { suggestion: close }),
  })
}

/** An overlay stands in the folder that is synced: nothing outside of it has a say. */
async function readInside(root: string, file: string) {
  const path = join(root, file)
  const real = await realpath(path).catch(() => path)
  const folder = await realpath(root)
  if (!real.startsWith(folder.replace(/\/?$/, '/'))) {
    const suggestion = 'move it into the folder'
    const issue = fileIssue(file, 'the overlay stands outside of the folder', { suggestion })
    return { ok: false, issue } as const
  }
  return await readTextFile(path, file)
}
