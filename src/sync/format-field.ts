import { formatDuration } from '../model/duration.ts'
import { INVISIBLE } from '../model/invisible.ts'
import { formatBytes, formatCpu } from '../model/quantity.ts'

/** A field as a person would write it in the file. */
export interface FieldText {
  readonly path: string
  readonly text: string
}

const LENGTH_MAX = 160

/**
 * Records count in milliseconds, bytes and milli-CPU; files say `5s`, `64Mi` and `250m`. Undefined
 * when there is no value.
 */
export function formatField(path: string, value: unknown): FieldText | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number') {
    if (path.endsWith('Ms')) return { path: path.slice(0, -2), text: formatDuration(value) }
    if (path.endsWith('Bytes')) return { path: path.slice(0, -5), text: formatBytes(value) }
    if (path.endsWith('cpuMilli')) return { path: path.slice(0, -5), text: formatCpu(value) }
  }
  if (path === 'image' && typeof value === 'string') {
    return { path, text: shorten(value.replace(/(@\w+:\w{12})\w+/, '$1…')) }
  }
  return { path, text: shorten(typeof value === 'string' ? value : JSON.stringify(value)) }
}

/** What can’t be seen would let a record paint the terminal of who looks at it. */
function shorten(text: string): string {
  const clean = text.replace(INVISIBLE, escapeInvisible)
  return clean.length <= LENGTH_MAX
    ? clean
    : `${clean.slice(0, LENGTH_MAX)}… (${clean.length} characters)`
}

function escapeInvisible(character: string): string {
  if (character === '\n') return '\\n'
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
