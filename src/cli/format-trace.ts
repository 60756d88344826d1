import { formatAge } from './age.ts'
import { printable, shortDigests } from './table.ts'
import type { TraceStory, Version } from './trace-story.ts'

type Row = readonly [label: string, text: string | undefined]

/** The story for people, from what runs back to who wrote it. Ends with a newline. */
export function formatTrace(story: TraceStory, nowMs: number, wide: boolean): string {
  const { container, source, origin } = story
  const image = wide ? story.image : shortDigests(story.image)
  const rows: readonly Row[] = [
    [
      'Container',
      container && `${container.name} (${container.id.slice(0, 12)}), ${container.state}`,
    ],
    ['Machine', container && `${container.machine}${replicaText(container.replica)}`],
    ['Made from', container && VERSION[container.version]],
    ['Workload', `${story.name} of ${story.ownerName}`],
    ['Image', container?.version === 'earlier' ? undefined : image],
    ['Record', `${story.uri}, revision ${story.revision}`],
    ['Set', source?.set ?? 'none: it was not published by commune sync'],
    ['Repository', source?.repo],
    ['Commit', commitText(source)],
    ['File', fileText(source)],
    ['Author', origin?.author],
    ['Changed', origin && changeText(origin, source?.revision, nowMs)],
    ['Author unknown', story.originProblem],
    ...story.replicas.map(({ machine, index, phase, version }, at): Row => [
      at === 0 ? 'Runs' : '',
      `${machine}#${index}: ${phase}, ${VERSION[version]}`,
    ]),
  ]
  const known = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [[label, text] as const],
  )
  const width = Math.max(...known.map(([label]) => label.length))
  return known.map(([label, text]) => `${label.padEnd(width)}  ${printable(text)}\n`).join('')
}

const VERSION: Readonly<Record<Version, string>> = {
  this: 'exactly this record',
  same: 'an earlier record that asked for the same container',
  earlier: 'an earlier record, with another container',
}

function replicaText(replica: string | undefined): string {
  return replica === undefined ? '' : `, replica ${replica}`
}

function commitText(source: TraceStory['source']): string | undefined {
  if (source === undefined) return undefined
  if (source.revision === undefined) return 'not known: the files were in no commit'
  const dirty = source.dirty === true ? ', with changes that were not committed' : ''
  return `${source.revision}${dirty}`
}

function fileText(source: TraceStory['source']): string | undefined {
  if (source?.file === undefined) return undefined
  return source.line === undefined ? source.file : `${source.file}:${source.line}`
}

function changeText(
  { commit, date, subject, isShallow }: NonNullable<TraceStory['origin']>,
  revision: string | undefined,
  nowMs: number,
): string {
  const age = formatAge(date, nowMs)
  const when = age === undefined ? date : `${age} ago`
  const at = commit === revision ? 'in that commit' : `in ${commit}`
  const older = isShallow === true ? '; the checkout is shallow, so it may have been earlier' : ''
  return `${when}, ${at}: ${subject}${older}`
}
