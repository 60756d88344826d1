import { countOf } from './consequences.ts'
import type { FieldChange } from './field-diff.ts'
import { describeCluster } from './format-clusters.ts'
import { formatField } from './format-field.ts'
import { formatForecast } from './format-forecast.ts'
import type { ClusterItem } from './plan-clusters.ts'
import { countedAs, countItems, type PlanCount } from './plan-data.ts'
import {
  hasDifferences,
  type Consequence,
  type PlanItem,
  type SyncPlan,
  type UpdateItem,
} from './sync-plan.ts'

export interface FormatOptions {
  readonly color: boolean
  /** Also what is unchanged. */
  readonly wide: boolean
  /** Who the repo belongs to, for people: a handle or a DID. */
  readonly ownerName: string
  /** Past tense, for what was done. */
  readonly done?: boolean
}

interface Look {
  readonly sign: string
  readonly style: keyof typeof STYLE
  readonly word: string
  readonly past: string
}

const STYLE = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1, magenta: 35 } as const

const LOOK: Readonly<Record<PlanCount, Look>> = {
  create: { sign: '+', style: 'green', word: 'create', past: 'created' },
  rename: { sign: '>', style: 'green', word: 'rename', past: 'renamed' },
  update: { sign: '~', style: 'yellow', word: 'change', past: 'changed' },
  delete: { sign: '-', style: 'red', word: 'delete', past: 'deleted' },
  keep: { sign: '?', style: 'magenta', word: 'kept', past: 'kept' },
  skip: { sign: '!', style: 'magenta', word: 'protected', past: 'protected' },
  held: { sign: '!', style: 'magenta', word: 'held back', past: 'held back' },
  conflict: { sign: '!', style: 'red', word: 'in conflict', past: 'in conflict' },
  invalid: { sign: '!', style: 'red', word: 'invalid', past: 'invalid' },
  unchanged: { sign: '=', style: 'dim', word: 'unchanged', past: 'unchanged' },
}

const WRITES: ReadonlySet<PlanCount> = new Set(['create', 'rename', 'update', 'delete'])

const PLACE_COLUMN_MAX = 64
const LINE_LENGTH_MAX = 96
const REASON_LENGTH_MAX = 60

/** The plan for people: one paragraph an object, then a counted summary. Ends without a newline. */
export function formatPlan(plan: SyncPlan, options: FormatOptions): string {
  const shown = plan.items.filter(
    ({ action, note }) => options.wide || action !== 'unchanged' || note !== undefined,
  )
  const widths: Widths = {
    name: Math.max(0, ...shown.map(({ name }) => name.length)),
    headline: Math.max(
      0,
      ...shown.map((item) => headline(item).length).filter((length) => length <= PLACE_COLUMN_MAX),
    ),
  }
  const paragraphs = shown.map((item) => formatItem(item, widths, options))
  const rules = (plan.clusters ?? [])
    .filter(({ action, note }) => options.wide || action !== 'unchanged' || note !== undefined)
    .map((item) => formatRules(item, options))
  const notes = notesOf(plan, options).map((note) => `Note: ${note}.`)
  const gap = shown.length + rules.length === 0 ? [] : ['']
  return [...paragraphs, ...rules, ...gap, ...notes, formatSummary(plan, options)].join('\n')
}

function notesOf(plan: SyncPlan, { done }: FormatOptions): readonly string[] {
  const asks = plan.confirm.map((reason) => `it ${reason}; sync asks before that, or wants --yes`)
  return [
    ...(plan.pruneBlocked === undefined ? [] : [plan.pruneBlocked]),
    ...(done === true ? [] : asks),
  ]
}

/** Columns of the first lines. */
interface Widths {
  readonly name: number
  readonly headline: number
}

/** One line that counts and says whose repo and which set this is about. */
export function formatSummary(plan: SyncPlan, options: FormatOptions): string {
  const where = [options.ownerName, ...communesText(plan), `set "${plan.set}"`].join(', ')
  if (!hasDifferences(plan)) {
    const count = plan.items.length
    const { length } = plan.clusters ?? []
    const rules = length === 0 ? '' : ` and the rules of ${length} ${plural(length, 'cluster')}`
    return `Nothing to do: ${count} ${plural(count, 'workload')}${rules} as published by ${where}.`
  }
  const counts = countItems(plan).map(([kind, count]) => {
    const { style, word, past } = LOOK[kind]
    const text = options.done === true ? past : `${WRITES.has(kind) ? 'to ' : ''}${word}`
    return paint(options, style, `${count} ${text}`)
  })
  return `${counts.join(', ')} (${where}).`
}

function communesText({ communes = [] }: SyncPlan): readonly string[] {
  if (communes.length === 0) return []
  return [`${plural(communes.length, 'commune')} ${communes.join(' and ')}`]
}

function formatRules(item: ClusterItem, options: FormatOptions): string {
  const { sign, style } = LOOK[item.action]
  const [head, ...rest] = describeCluster(item)
  return [paint(options, style, `${sign} ${head}`), ...rest.map((line) => `    ${line}`)].join('\n')
}

function formatItem(item: PlanItem, widths: Widths, options: FormatOptions): string {
  const look = LOOK[countedAs(item)]
  const place = placeOf(item)
  // A document that can't be read has no name, but a place.
  const head =
    item.name === ''
      ? `${look.sign} ${place}  ${headline(item)}`
      : `${look.sign} ${item.name.padEnd(widths.name)}  ${headline(item).padEnd(widths.headline)}  ${place}`
  const { forecast } = item
  const outlook = forecast === undefined ? [] : formatForecast(forecast, options.wide)
  return [
    paint(options, look.style, head.trimEnd()),
    ...details(item, options),
    ...outlook.map((line) => `    ${line}`),
  ].join('\n')
}

function headline(item: PlanItem): string {
  switch (item.action) {
    case 'create':
      return item.renamedFrom === undefined
        ? `new: ${countText(countOf(item.record))}`
        : `new name of ${item.renamedFrom}: ${countText(countOf(item.record))} from scratch`
    case 'update':
      return item.consequences.map((consequence) => CONSEQUENCE[consequence](item)).join(', and ')
    case 'delete':
      return item.renamedTo === undefined
        ? 'gone from the folder: all of it stops'
        : `now called ${item.renamedTo}: all of the old one stops`
    case 'unchanged':
      return 'unchanged'
    case 'keep':
    case 'skip':
    case 'held':
    case 'conflict':
    case 'invalid':
      return `${LOOK[item.action].past}: ${splitReason(item.reason)[0]}`
  }
}

function placeOf({ file, line }: PlanItem): string {
  if (file === undefined) return ''
  return line === undefined ? file : `${file}:${line}`
}

/** What is wrong, and what to do about it on a line of its own if both are too long for one. */
function splitReason(reason: string): readonly [string, ...string[]] {
  const at = reason.indexOf('; ')
  if (reason.length <= REASON_LENGTH_MAX || at < 0) return [reason]
  return [reason.slice(0, at), reason.slice(at + 2)]
}

/** What a change does to what runs, in words. */
const CONSEQUENCE: Readonly<Record<Consequence, (item: UpdateItem) => string>> = {
  starts: ({ record }) => `starts: ${countText(countOf(record))}`,
  moves: () => 'moves: where it runs is decided anew',
  rolls: () => 'rolls out where it runs, one replica after another',
  scales: ({ record }) => `scales to ${countText(countOf(record))}`,
  stops: () => 'stops',
  'in place': () => 'nothing restarts',
}

function countText(count: number | 'all'): string {
  if (count === 'all') return 'one replica on every machine'
  if (count === 0) return 'no replica yet'
  return `${count} ${count === 1 ? 'replica' : 'replicas'}`
}

function details(item: PlanItem, options: FormatOptions): readonly string[] {
  switch (item.action) {
    case 'create':
      return [
        `    image: ${formatField('image', item.record.image)?.text}`,
        ...noteOf(item),
        ...(item.leavesVolumes === true
          ? [`    the data in the volumes of ${item.renamedFrom} stays there and is not moved`]
          : []),
      ]
    case 'update':
      return [
        ...(item.reason.startsWith('changed') ? [] : [`    ${item.reason}`]),
        ...(item.movedBy === undefined ? [] : [`    moves because of: ${item.movedBy.join(', ')}`]),
        ...item.changes.flatMap((change) => formatChange(change, options)),
        ...noteOf(item),
      ]
    case 'delete':
      return item.hasVolumes ? ['    it has volumes: machines keep their data until told'] : []
    case 'keep':
    case 'skip':
    case 'held':
    case 'conflict':
    case 'invalid':
      return [
        ...splitReason(item.reason).slice(1),
        ...(item.renamedTo === undefined
          ? []
          : [`the old name of ${item.renamedTo}: both run until it is deleted`]),
      ].map((line) => `    ${line}`)
    case 'unchanged':
      return noteOf(item)
  }
}

function noteOf({ note }: PlanItem): readonly string[] {
  return note === undefined ? [] : [`    ${note}`]
}

/** `path: old → new`, in two lines when one would be too long. */
function formatChange(change: FieldChange, options: FormatOptions): readonly string[] {
  if (change.hidden === true) return [`    ${change.path}: ${hiddenText(change)}`]
  const from = formatField(change.path, change.before)
  const to = formatField(change.path, change.after)
  const path = (to ?? from)?.path ?? change.path
  const [before, after] = [from?.text ?? UNSET, to?.text ?? UNSET]
  const start = `    ${path}: ${paint(options, 'red', before)}`
  const end = `→ ${paint(options, 'green', after)}`
  const length = path.length + before.length + after.length
  if (length <= LINE_LENGTH_MAX - 10) return [`${start} ${end}`]
  return [start, `${' '.repeat(4 + path.length)}${end}`]
}

/** Of what seems to be a secret only that it changed. */
function hiddenText({ before, after }: FieldChange): string {
  if (before === undefined) return '(set)'
  return after === undefined ? '(removed)' : '(changed)'
}

const UNSET = '(unset)'

function paint(options: FormatOptions, style: keyof typeof STYLE, text: string): string {
  return options.color ? `\u001B[${STYLE[style]}m${text}\u001B[0m` : text
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`
}
