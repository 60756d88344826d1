import type { FieldChange } from './field-diff.ts'
import { formatField } from './format-field.ts'
import { hasDifferences, type PlanAction, type PlanItem, type SyncPlan } from './sync-plan.ts'

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

const LOOK: Readonly<Record<PlanAction, Look>> = {
  create: { sign: '+', style: 'green', word: 'create', past: 'created' },
  update: { sign: '~', style: 'yellow', word: 'change', past: 'changed' },
  delete: { sign: '-', style: 'red', word: 'delete', past: 'deleted' },
  keep: { sign: '?', style: 'magenta', word: 'kept', past: 'kept' },
  skip: { sign: '!', style: 'magenta', word: 'protected', past: 'protected' },
  conflict: { sign: '!', style: 'red', word: 'in conflict', past: 'in conflict' },
  invalid: { sign: '!', style: 'red', word: 'invalid', past: 'invalid' },
  unchanged: { sign: '=', style: 'dim', word: 'unchanged', past: 'unchanged' },
}

const ORDER: readonly PlanAction[] = [
  'create',
  'update',
  'delete',
  'keep',
  'skip',
  'conflict',
  'invalid',
  'unchanged',
]

/** The plan for people: one paragraph an object, then a counted summary. Ends without a newline. */
export function formatPlan(plan: SyncPlan, options: FormatOptions): string {
  const shown = plan.items.filter(({ action }) => options.wide || action !== 'unchanged')
  const nameWidth = Math.max(0, ...shown.map(({ name }) => name.length))
  const paragraphs = shown.map((item) => formatItem(item, nameWidth, options))
  const notes = plan.pruneBlocked === undefined ? [] : [`Note: ${plan.pruneBlocked}.`]
  const gap = shown.length === 0 ? [] : ['']
  return [...paragraphs, ...gap, ...notes, formatSummary(plan, options)].join('\n')
}

/** One line that counts and says whose repo and which set this is about. */
export function formatSummary(plan: SyncPlan, options: FormatOptions): string {
  const where = `${options.ownerName}, set "${plan.set}"`
  if (!hasDifferences(plan)) {
    const count = plan.items.length
    return `Nothing to do: ${count} ${plural(count, 'workload')} as published by ${where}.`
  }
  const counts = ORDER.flatMap((action) => {
    const count = plan.items.filter((item) => item.action === action).length
    const { style } = LOOK[action]
    const to = options.done !== true && isWrite(action) ? 'to ' : ''
    return count === 0 ? [] : [paint(options, style, `${count} ${to}${wordOf(action, options)}`)]
  })
  return `${counts.join(', ')} (${where}).`
}

function formatItem(item: PlanItem, nameWidth: number, options: FormatOptions): string {
  const look = LOOK[item.action]
  // A document that can't be read has no name, but a place.
  const what = item.name === '' ? placeOf(item) : item.name.padEnd(nameWidth)
  const head = `${look.sign} ${what}  ${headline(item, options)}`.trimEnd()
  const lines = [paint(options, look.style, head), ...details(item, options)]
  return lines.join('\n')
}

function headline(item: PlanItem, options: FormatOptions): string {
  const place = item.name === '' ? '' : placeOf(item)
  switch (item.action) {
    case 'create':
    case 'update':
    case 'delete':
      return `${wordOf(item.action, options)}: ${consequenceText(item)}  ${place}`
    case 'unchanged':
      return `unchanged  ${place}`
    case 'keep':
    case 'skip':
    case 'conflict':
    case 'invalid':
      return `${LOOK[item.action].past}: ${item.reason}${place === '' ? '' : `  ${place}`}`
  }
}

function wordOf(action: PlanAction, options: FormatOptions): string {
  return options.done === true ? LOOK[action].past : LOOK[action].word
}

function isWrite(action: PlanAction): boolean {
  return action === 'create' || action === 'update' || action === 'delete'
}

function placeOf({ file, line }: PlanItem): string {
  if (file === undefined) return ''
  return line === undefined ? file : `${file}:${line}`
}

function consequenceText(item: Extract<PlanItem, { consequences: unknown }>): string {
  const parts = item.consequences.map((consequence) => {
    switch (consequence) {
      case 'starts':
        return 'starts'
      case 'moves':
        return 'moves (what decides its place changes, so the bidding opens again)'
      case 'rolls':
        return 'rolls out in place, one replica after another'
      case 'scales':
        return 'scales'
      case 'stops':
        return 'stops'
      case 'in place':
        return 'nothing restarts'
    }
  })
  return parts.join(' and ')
}

function details(item: PlanItem, options: FormatOptions): readonly string[] {
  switch (item.action) {
    case 'create':
      return [
        `    image: ${formatField('image', item.record.image)?.text}`,
        ...(item.renamedFrom === undefined
          ? []
          : [
              `    looks like ${item.renamedFrom} under a new name: a rename is a new workload, the old one is not moved`,
            ]),
      ]
    case 'update':
      return [
        ...(item.reason.startsWith('changed') ? [] : [`    ${item.reason}`]),
        ...item.changes.flatMap((change) => formatChange(change, options)),
      ]
    case 'delete':
      return item.hasVolumes ? ['    it has volumes: machines keep their data until told'] : []
    case 'keep':
    case 'skip':
    case 'conflict':
    case 'invalid':
    case 'unchanged':
      return []
  }
}

function formatChange(change: FieldChange, options: FormatOptions): readonly string[] {
  const { path, before, after } = change
  const from = formatField(path, before)
  const to = formatField(path, after)
  if (from === undefined) return [`    ${to?.path}: ${paint(options, 'green', `+ ${to?.text}`)}`]
  if (to === undefined) return [`    ${from.path}: ${paint(options, 'red', `- ${from.text}`)}`]
  const arrow = `${paint(options, 'red', from.text)} -> ${paint(options, 'green', to.text)}`
  return [`    ${to.path}: ${arrow}`]
}

function paint(options: FormatOptions, style: keyof typeof STYLE, text: string): string {
  return options.color ? `\u001B[${STYLE[style]}m${text}\u001B[0m` : text
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`
}
