import { quote } from './finding.ts'
import type { Issue } from './issue.ts'
import type { DeclaredName } from './parse-documents.ts'

export interface NamedPlace extends DeclaredName {
  readonly file: string
}

export interface DuplicateNames {
  /** Names that stand more than once: nobody can tell which document is meant. */
  readonly names: ReadonlySet<string>
  /** One a document, each naming another place. */
  readonly issues: readonly Issue[]
}

/** Finds names that several documents of a folder share. */
export function findDuplicateNames(places: readonly NamedPlace[]): DuplicateNames {
  const byName = new Map<string, NamedPlace[]>()
  for (const place of places) {
    const same = byName.get(place.name)
    if (same === undefined) byName.set(place.name, [place])
    else same.push(place)
  }
  const shared = [...byName].filter(([, same]) => same.length > 1)
  return {
    names: new Set(shared.map(([name]) => name)),
    issues: shared.flatMap(([, same]) =>
      same.map((place, index) => issueOf(place, same[index === 0 ? 1 : 0] ?? place)),
    ),
  }
}

function issueOf(place: NamedPlace, other: NamedPlace): Issue {
  const message = `the name ${quote(place.name)} is also used in ${other.file}:${other.line}`
  return {
    file: place.file,
    line: place.line,
    column: place.column,
    path: 'name',
    message,
    suggestion: 'rename one of them',
    severity: 'error',
  }
}
