import { changed, type Converted, type Note } from './note.ts'

/** Variables whose value may be the names of hosts. */
const NAMES_HOST = /(?:host|server|addr|address|url|uri|endpoint|upstream|broker)s?$/i

/**
 * Where a service speaks of another one as of a host, which Compose makes it find: `db:5432`,
 * `//db/`, `@db`, and the name alone in a variable such as `DB_HOST`.
 */
export function mentionedServices(
  { fields }: Converted,
  own: string,
  services: Iterable<string>,
): readonly Note[] {
  const others = [...services].filter((name) => name !== own)
  const notes: Note[] = []
  const env = (fields['env'] ?? {}) as Readonly<Record<string, string>>
  for (const [name, value] of Object.entries(env)) {
    const isHost = NAMES_HOST.test(name)
    const found = others.filter((other) => mentions(value, other, isHost))
    if (found.length > 0) notes.push(changed(['environment', name], notFound(found)))
  }
  for (const key of ['entrypoint', 'command'] as const) {
    const words = (fields[key] ?? []) as readonly string[]
    const found = others.filter((other) => words.some((word) => mentions(word, other, false)))
    if (found.length > 0) notes.push(changed([key], notFound(found)))
  }
  return notes
}

function mentions(text: string, service: string, isHost: boolean): boolean {
  if (isHost && text.split(/[\s,]+/).includes(service)) return true
  const name = service.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(String.raw`(?:\/\/|@)${name}(?![\w.-])|(?<![\w.\/-])${name}:\d`).test(text)
}

function notFound(services: readonly string[]): string {
  const names = services.join(', ')
  return `${names} cannot be reached by name here; write an address under which it can be reached`
}
