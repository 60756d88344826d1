import { changed, type Converted, type Note } from './note.ts'

/** Variables whose value may be the names of hosts. */
const NAMES_HOST = /(?:host|server|addr|address|url|uri|endpoint|upstream|broker)s?$/i

/**
 * Where a service speaks of a service, be it itself, as of a host, which Compose makes it find:
 * `db:5432`, `//db/`, `@db`, and the name alone in a variable such as `DB_HOST`.
 */
export function mentionedServices(
  fields: Converted['fields'],
  services: Iterable<string>,
): readonly Note[] {
  const all = [...services]
  const notes: Note[] = []
  const env = (fields['env'] ?? {}) as Readonly<Record<string, string>>
  for (const [name, value] of Object.entries(env)) {
    const isHost = NAMES_HOST.test(name)
    const found = all.filter((service) => mentions(value, service, isHost))
    if (found.length > 0) notes.push(changed(['environment', name], notFound(found)))
  }
  const check = fields['healthcheck'] as { exec?: { command?: unknown } } | undefined
  for (const [key, given] of [
    ['entrypoint', fields['entrypoint']],
    ['command', fields['command']],
    ['healthcheck', check?.exec?.command],
  ] as const) {
    const words = (given ?? []) as readonly string[]
    const found = all.filter((service) => words.some((word) => mentions(word, service, false)))
    if (found.length > 0) notes.push(changed([key], notFound(found)))
  }
  return notes
}

function mentions(text: string, service: string, isHost: boolean): boolean {
  // Looked at first, since there may be very many values and services.
  if (!text.includes(service)) return false
  if (isHost && text.split(/[\s,]+/).includes(service)) return true
  const name = service.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(String.raw`(?:\/\/|@)${name}(?![\w.-])|(?<![\w.\/-])${name}:\d`).test(text)
}

function notFound(services: readonly string[]): string {
  const names = services.join(', ')
  return `${names} cannot be reached by name here; write an address under which it can be reached`
}
