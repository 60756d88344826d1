import { isDeepStrictEqual } from 'node:util'

/** The fields of a JSON object, or undefined when it is none. */
export function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return new Map(Object.entries(value))
}

/**
 * The first field that nobody allows. Engines read names without regard to case, so that a name has to
 * be one of ours to the letter.
 */
export function unknownField(
  fields: ReadonlyMap<string, unknown>,
  allowed: ReadonlySet<string>,
): string | undefined {
  return [...fields.keys()].find((name) => !allowed.has(name))
}

/** The first field that is not exactly what it must be; one that is left out is none of them. */
export function changedField(
  fields: ReadonlyMap<string, unknown>,
  wanted: ReadonlyMap<string, unknown>,
): string | undefined {
  for (const [name, value] of wanted) {
    if (!isDeepStrictEqual(fields.get(name), value)) return name
  }
  return undefined
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** For requests that say something in their query, which the client library repeats in the body. */
export function onlyFields(names: readonly string[]): (body: unknown) => string | undefined {
  const allowed = new Set(names)
  return (body) => {
    if (body === undefined) return undefined
    const fields = fieldsOf(body)
    if (fields === undefined) return 'it has a body that is no object'
    const unknown = unknownField(fields, allowed)
    return unknown === undefined ? undefined : `${unknown} is never set`
  }
}

const EXEC_SWITCHES = ['AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty']
const EXEC_FIELDS = new Set(['Cmd', ...EXEC_SWITCHES])

/** A command runs as the container does: with its user, place and environment, and no privileges. */
export function faultOfExec(body: unknown): string | undefined {
  const fields = fieldsOf(body)
  if (fields === undefined) return 'no command'
  const unknown = unknownField(fields, EXEC_FIELDS)
  if (unknown !== undefined) return `${unknown} is never set`
  const odd = EXEC_SWITCHES.find(
    (name) => !['boolean', 'undefined'].includes(typeof fields.get(name)),
  )
  if (odd !== undefined) return `${odd} is neither on nor off`
  return isTexts(fields.get('Cmd')) ? undefined : 'Cmd is no list of words'
}

const NETWORK_FIXED = new Map<string, unknown>([
  ['Driver', 'bridge'],
  ['EnableIPv6', false],
  ['Attachable', false],
])
const NETWORK_FIELDS = new Set([
  ...NETWORK_FIXED.keys(),
  ...['Name', 'CheckDuplicate', 'Internal', 'IPAM', 'Options', 'Labels'],
])
const NO_HOST_ADDRESS = 'com.docker.network.bridge.inhibit_ipv4'
const BRIDGE_NAME = 'com.docker.network.bridge.name'
const NETWORK_OPTIONS = new Set([NO_HOST_ADDRESS, BRIDGE_NAME])
/** The firewall rules go by it. */
const BRIDGE = /^cmn[0-9a-f]{12}$/
/** Of an address range only the range is chosen: a gateway would be an address of the host. */
const RANGE_FIELDS = new Set(['Subnet'])

/** A network has no way out, and the host no address on it; or its bridge is one behind the rules. */
export function faultOfNetwork(body: unknown): string | undefined {
  const fields = fieldsOf(body)
  if (fields === undefined) return 'no network'
  const unknown = unknownField(fields, NETWORK_FIELDS)
  if (unknown !== undefined) return `${unknown} is never set`
  const changed = changedField(fields, NETWORK_FIXED)
  if (changed !== undefined) return `${changed} is not what it has to be`
  const options = fieldsOf(fields.get('Options'))
  if (options === undefined || unknownField(options, NETWORK_OPTIONS) !== undefined)
    return 'unknown options'
  const bridge = options.get(BRIDGE_NAME)
  if (typeof bridge !== 'string' || !BRIDGE.test(bridge)) return 'its bridge is none of ours'
  const isClosed = fields.get('Internal') === true && options.get(NO_HOST_ADDRESS) === 'true'
  const isWalled = fields.get('Internal') === false && !options.has(NO_HOST_ADDRESS)
  if (!isClosed && !isWalled) return 'the host would have an address on it'
  return faultOfRanges(fields.get('IPAM'))
}

function faultOfRanges(value: unknown): string | undefined {
  const plan = fieldsOf(value)
  const ranges = plan?.get('Config')
  const isPlain = plan?.size === 2 && plan.get('Driver') === 'default' && Array.isArray(ranges)
  if (!isPlain) return 'IPAM is not what it has to be'
  const other = ranges.some((range) => {
    const fields = fieldsOf(range)
    return fields === undefined || unknownField(fields, RANGE_FIELDS) !== undefined
  })
  return other ? 'an address range has more than a subnet' : undefined
}
