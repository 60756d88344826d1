import { finding, quote, type Finding } from './finding.ts'
import type { SoundParts } from './sound-parts.ts'

const UID_MAX = 4_294_967_294
const PRIVILEGED_PORT_MAX = 1023
/** Policies under which what ended well is started again. */
const ALWAYS: ReadonlySet<string | undefined> = new Set(['always', 'unless-stopped'])
/** The one capability that the level restricted of the Pod Security Standards lets a workload add. */
const HARMLESS_CAPABILITY = 'NET_BIND_SERVICE'

/** Settings that make no sense together. */
export function checkCombinations(document: SoundParts): readonly Finding[] {
  return [
    ...checkJob(document),
    ...checkLiveness(document),
    ...checkAtMostOne(document),
    ...checkUpdate(document),
    ...checkUser(document),
    ...checkSecurity(document),
    ...checkLowPorts(document),
  ]
}

function checkJob({ kind, schedule, restart }: SoundParts): readonly Finding[] {
  if (kind === 'Workload' && schedule !== undefined) {
    const suggestion = 'kind: Job'
    return [finding(['schedule'], 'only a Job has a schedule', { at: 'key', suggestion })]
  }
  if (kind !== 'Job' || !ALWAYS.has(restart?.policy)) return []
  const expected = 'on-failure or no'
  return [finding(['restart', 'policy'], 'a Job ends, so it is not always restarted', { expected })]
}

function checkLiveness({ liveness, restart }: SoundParts): readonly Finding[] {
  if (liveness === undefined || restart?.policy !== 'no') return []
  const expected = 'always or on-failure, or no liveness'
  return [finding(['restart', 'policy'], 'liveness starts containers again', { expected })]
}

function checkAtMostOne({ placement, replicas, update }: SoundParts): readonly Finding[] {
  if (placement?.atMostOne !== true) return []
  const isMany = replicas === 'everywhere' || (typeof replicas === 'number' && replicas > 1)
  const overlaps = (update?.maxSurge ?? 0) > 0 || update?.order === 'start-first'
  const key = update?.order === 'start-first' ? 'order' : 'maxSurge'
  return [
    ...(isMany
      ? [finding(['replicas'], 'placement.atMostOne is true', { expected: '1 replica' })]
      : []),
    ...(overlaps
      ? [
          finding(['update', key], 'placement.atMostOne is true, so the old one stops first', {
            expected: 'order: stop-first and no maxSurge',
          }),
        ]
      : []),
  ]
}

function checkUpdate({ update, replicas }: SoundParts): readonly Finding[] {
  if (update?.maxUnavailable !== 0) return []
  if (update.maxSurge === 0) {
    const expected = '1 or more for maxUnavailable or maxSurge'
    return [finding(['update', 'maxSurge'], 'no replica could ever be replaced', { expected })]
  }
  if (update.order !== 'stop-first' || replicas === 0) return []
  const expected = '1 or more, or order: start-first'
  return [finding(['update', 'maxUnavailable'], 'nothing may stop first', { expected })]
}

function checkUser({ user, security }: SoundParts): readonly Finding[] {
  if (user === undefined) return []
  const ids = String(user).split(':')
  const isNumeric =
    ids.length <= 2 && ids.every((id) => /^\d{1,10}$/.test(id) && Number(id) <= UID_MAX)
  if (!isNumeric) {
    const expected = 'a numeric user, or user and group, such as "1000" or "1000:1000"'
    return [finding(['user'], `found ${quote(String(user))}`, { expected })]
  }
  return Number(ids[0]) === 0 ? needBaseline(['user'], 'root', security) : []
}

function checkSecurity({ security, readOnly, capAdd }: SoundParts): readonly Finding[] {
  const index = (capAdd ?? []).findIndex(
    (name) => name !== undefined && name !== HARMLESS_CAPABILITY,
  )
  return [
    ...(readOnly === false ? needBaseline(['readOnly'], 'a writable root', security) : []),
    ...(index === -1 ? [] : needBaseline(['capAdd', index], `${capAdd?.[index]}`, security)),
  ]
}

function needBaseline(
  path: Finding['path'],
  what: string,
  security: SoundParts['security'],
): readonly Finding[] {
  if (security === 'baseline') return []
  const suggestion = 'security: baseline'
  return [finding(path, `${what} is more than security: restricted gives`, { suggestion })]
}

/** A process without root and without the capability cannot listen there on every kernel. */
function checkLowPorts({ ports, user, capAdd }: SoundParts): readonly Finding[] {
  const mayBind = capAdd?.includes(HARMLESS_CAPABILITY) === true || /^0(?::|$)/.test(String(user))
  if (mayBind) return []
  return (ports ?? []).flatMap((port, index) =>
    port?.container !== undefined && port.container <= PRIVILEGED_PORT_MAX
      ? [
          finding(['ports', index, 'container'], `port ${port.container} may need a privilege`, {
            severity: 'warning',
            suggestion: `a port above ${PRIVILEGED_PORT_MAX}, or capAdd: [${HARMLESS_CAPABILITY}]`,
          }),
        ]
      : [],
  )
}
