import { Document } from 'yaml'
import { formatPath, printable } from '../spec/finding.ts'
import { HEADINGS, type Note } from './note.ts'

const WIDTH = 98

interface Origin {
  readonly files: string
  readonly service: string
  readonly notes: readonly Note[]
  readonly schema: string
}

/** What stands in the file as remarks is not to make it larger than a workload file may be. */
const REMARKS_MAX = 20
const REMARK_CHARS_MAX = 300

/** The text of a workload file, with everything that its reader should know as comments. */
export function renderWorkload(fields: Readonly<Record<string, unknown>>, origin: Origin): string {
  const { files, service, notes, schema } = origin
  const document = new Document(fields)
  const body = document.toString({ lineWidth: WIDTH, flowCollectionPadding: true })
  const sections = HEADINGS.flatMap(([weight, heading]) => {
    const items = notes.filter((note) => note.weight === weight)
    const more = items.length - REMARKS_MAX
    return items.length === 0
      ? []
      : [
          ...['#', `# ${heading}`, ...items.slice(0, REMARKS_MAX).flatMap(item)],
          ...(more > 0 ? [`# - and ${more} more, which the import told`] : []),
        ]
  })
  const head = [
    `# yaml-language-server: $schema=${schema}`,
    '#',
    `# Imported from ${printable(files)}, service ${printable(service)}.`,
    ...sections,
  ]
  const tail = asksForMore(fields) ? [] : ['', ...MORE]
  return `${head.join('\n')}\n${body}${tail.length === 0 ? '' : `${tail.join('\n')}\n`}`
}

function item({ path, message }: Note): readonly string[] {
  const where = formatPath(path)
  const text = printable(where === '' ? message : `${where}: ${message}`)
  const shown = text.length > REMARK_CHARS_MAX ? `${text.slice(0, REMARK_CHARS_MAX)}…` : text
  return wrap(shown).map((line, index) => `# ${index === 0 ? '-' : ' '} ${line}`)
}

function wrap(text: string): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + 5 <= WIDTH)
      lines.push(`${lines.pop()} ${word}`)
    else lines.push(word)
  }
  return lines
}

function asksForMore(fields: Readonly<Record<string, unknown>>): boolean {
  return fields['security'] !== undefined
}

/** Compose starts containers as root; images that count on it are common. */
const MORE = [
  '# A container runs as a user without privileges here, its root file system is read-only, and it',
  '# reaches nothing outside. For an image that needs more, take what it needs of these, from',
  '# machines that allow it:',
  '# security: baseline',
  '# user: "0"',
  '# readOnly: false',
  '# capAdd: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]',
  '# egress: internet',
]
