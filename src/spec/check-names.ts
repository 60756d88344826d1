import { parseCron } from '../model/cron.ts'
import { parseImageReference } from '../model/image-reference.ts'
import { isLabelKey, parseSelector } from '../model/label-selector.ts'
import { parseDnsLabel, suggestDnsLabel } from '../model/name.ts'
import { finding, quote, type Finding, type Path } from './finding.ts'
import type { SoundParts } from './sound-parts.ts'

const UDP_AND_TCP_DEFAULT = 'tcp'

/** Names, image references, selectors and schedules: that they parse, and that none stands twice. */
export function checkNames(document: SoundParts): readonly Finding[] {
  return [
    ...checkLabel(['name'], document.name),
    ...checkImage(['image'], document.image),
    ...checkImage(['update', 'before', 'image'], document.update?.before?.image),
    ...each(document.clusters, (cluster, index) => checkLabel(['clusters', index], cluster)),
    ...each(document.constraints, (text, index) => checkConstraint(['constraints', index], text)),
    ...checkSpread(document.spread),
    ...checkSchedule(document.schedule),
    ...checkPorts(document),
    ...checkNamed(document, 'volumes', 'volume'),
    ...checkNamed(document, 'secrets', 'secret'),
    ...checkTwice(document.capAdd, (index) => ['capAdd', index], 'capability'),
    ...checkTwice(document.clusters, (index) => ['clusters', index], 'cluster'),
  ]
}

function each<T>(
  list: readonly (T | undefined)[] | undefined,
  check: (item: T, index: number) => readonly Finding[],
): readonly Finding[] {
  return (list ?? []).flatMap((item, index) => (item === undefined ? [] : check(item, index)))
}

function checkLabel(path: Path, value: string | undefined): readonly Finding[] {
  const label = value === undefined ? undefined : parseDnsLabel(value)
  if (value === undefined || label === undefined || label.ok) return []
  const suggestion = suggestDnsLabel(value)
  return [
    finding(path, `${quote(value)} is not a name`, {
      expected: label.expected,
      ...(suggestion === undefined ? {} : { suggestion }),
    }),
  ]
}

function checkImage(path: Path, value: string | undefined): readonly Finding[] {
  const image = value === undefined ? undefined : parseImageReference(value)
  if (value === undefined || image === undefined || image.ok) return []
  const lower = value.toLowerCase()
  const isCase = lower !== value && parseImageReference(lower).ok
  return [
    finding(path, `${quote(value)} is not an image`, {
      expected: image.expected,
      ...(isCase ? { suggestion: lower } : {}),
    }),
  ]
}

function checkConstraint(path: Path, text: string): readonly Finding[] {
  const selector = parseSelector(text)
  if (selector.ok && selector.value.length > 0) return []
  const expected = selector.ok
    ? 'a condition such as arch=amd64, region in (eu,us) or !gpu'
    : selector.expected
  return [finding(path, `${quote(text)} is not a label selector`, { expected })]
}

function checkSpread(value: string | undefined): readonly Finding[] {
  if (value === undefined || isLabelKey(value)) return []
  const expected = 'owner, meshlet, or the name of a label such as region'
  return [finding(['spread'], `found ${quote(value)}`, { expected })]
}

function checkSchedule(value: string | undefined): readonly Finding[] {
  const cron = value === undefined ? undefined : parseCron(value)
  if (value === undefined || cron === undefined || cron.ok) return []
  return [finding(['schedule'], `${quote(value)} is not a schedule`, { expected: cron.expected })]
}

function checkPorts({ ports }: SoundParts): readonly Finding[] {
  const numbers = (ports ?? []).map((port) =>
    port?.container === undefined
      ? undefined
      : `${port.container}/${port.protocol ?? UDP_AND_TCP_DEFAULT}`,
  )
  const names = (ports ?? []).map((port) => port?.name)
  return [
    ...each(names, (name, index) => checkLabel(['ports', index, 'name'], name)),
    ...checkTwice(numbers, (index) => ['ports', index, 'container'], 'port'),
    ...checkTwice(names, (index) => ['ports', index, 'name'], 'port name'),
  ]
}

function checkNamed(
  document: SoundParts,
  key: 'volumes' | 'secrets',
  noun: string,
): readonly Finding[] {
  const names = (document[key] ?? []).map((item) => item?.name)
  return [
    ...each(names, (name, index) => checkLabel([key, index, 'name'], name)),
    // A secret may be mounted at two places; a volume is one place.
    ...(key === 'secrets' ? [] : checkTwice(names, (index) => [key, index, 'name'], noun)),
  ]
}

function checkTwice(
  values: readonly (string | undefined)[] | undefined,
  pathOf: (index: number) => Path,
  noun: string,
): readonly Finding[] {
  return each(values, (value, index) =>
    (values ?? []).indexOf(value) < index
      ? [finding(pathOf(index), `the ${noun} ${value} stands twice`)]
      : [],
  )
}
