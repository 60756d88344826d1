import { isTrue, listOf, textOf, type ComposeMap } from './compose-value.ts'
import { lost, type Converted } from './note.ts'

/** What `security: baseline` lets a workload add. */
const CAPABILITIES = new Set(
  (
    'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID ' +
    'SETPCAP SETUID SYS_CHROOT'
  ).split(' '),
)
/** The one that needs no more than `security: restricted`. */
const HARMLESS = 'NET_BIND_SERVICE'

/** What it may do on its machine: what the file asks for in so many words, and no more. */
export function convertSecurity(service: ComposeMap, user: unknown): Converted {
  const wanted = listOf(service['cap_add']).map((item, index) => ({
    name: (textOf(item) ?? '').toUpperCase().replace(/^CAP_/, ''),
    index,
  }))
  const capAdd = [
    ...new Set(wanted.map(({ name }) => name).filter((name) => CAPABILITIES.has(name))),
  ]
  const notes = wanted
    .filter(({ name }) => !CAPABILITIES.has(name))
    .map(({ name, index }) =>
      lost(['cap_add', index], `${name} gives power over the machine, which nobody gives away`),
    )
  const isWritable =
    'read_only' in service && service['read_only'] !== null && !isTrue(service['read_only'])
  const isRoot = /^0(?::|$)/.test(String(user))
  const needsBaseline = isWritable || isRoot || capAdd.some((name) => name !== HARMLESS)
  return {
    fields: {
      ...(isWritable ? { readOnly: false } : {}),
      ...(needsBaseline ? { security: 'baseline' } : {}),
      ...(capAdd.length === 0 ? {} : { capAdd }),
    },
    notes,
  }
}
