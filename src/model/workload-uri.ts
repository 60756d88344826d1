import { COLLECTION } from './nsid.ts'
import { rememberByText } from './remember.ts'
import type { AtUri, Did } from './records.ts'

/** What W3C DID syntax and atproto allow, with atproto's limit on the length. */
const DID_PATTERN = /^did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]$/
const DID_LENGTH_MAX = 2048
/** RFC 1123 label in lower case. */
const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Uris whose parts are remembered. */
const URIS_MAX = 20_000

/** The at-uri of a workload in its owner's repo. */
export function workloadUri(owner: Did, name: string): AtUri {
  return `at://${owner}/${COLLECTION.workload}/${name}`
}

export interface WorkloadName {
  readonly owner: Did
  readonly name: string
}

/**
 * The parts of a workload's uri; undefined when it is not one, exactly as `workloadUri` writes it. Asked
 * several times at each look at each workload, so the last answers are remembered.
 */
export const parseWorkloadUri: (uri: string) => WorkloadName | undefined = rememberByText(
  URIS_MAX,
  parse,
)

function parse(uri: string): WorkloadName | undefined {
  const [scheme, empty, owner, collection, name, ...rest] = uri.split('/')
  if (scheme !== 'at:' || empty !== '' || rest.length > 0) return undefined
  if (collection !== COLLECTION.workload) return undefined
  if (owner === undefined || !isDid(owner)) return undefined
  if (name === undefined || !NAME_PATTERN.test(name)) return undefined
  return { owner, name }
}

/** Whether the text is a DID by atproto's syntax. */
export function isDid(text: string): text is Did {
  return text.length <= DID_LENGTH_MAX && DID_PATTERN.test(text)
}
