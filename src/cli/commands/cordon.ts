import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import type { Order } from '../call-machine.ts'
import { EXIT } from '../exit.ts'
import { openLogin } from '../open-login.ts'
import { tellMachine } from '../order-by-record.ts'
import { parseOutput, printData } from '../output.ts'
import { findOwnMachine } from '../own-machine.ts'
import { openSessionReader } from '../reading.ts'

interface CordonOptions extends ConnectionOptions {
  readonly output?: string
  readonly reason?: string
}

/** Has a machine take no new work. */
export function runCordon(
  context: CommandContext,
  [name = '']: readonly string[],
  options: CordonOptions,
): Promise<number> {
  return tell(context, name, 'pause', options)
}

/** Has a machine take work again. */
export function runUncordon(
  context: CommandContext,
  [name = '']: readonly string[],
  options: CordonOptions,
): Promise<number> {
  return tell(context, name, 'resume', options)
}

async function tell(
  context: CommandContext,
  name: string,
  order: Order,
  options: CordonOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  using reading = await reader.read()
  const machine = findOwnMachine(reading, name)
  const input = options.reason === undefined ? {} : { reason: options.reason }
  const { allowPrivateAddresses } = reader
  const { view } = reading
  const done = await tellMachine(context, {
    session,
    allowPrivateAddresses,
    machine,
    order,
    input,
    view,
  })
  const { state, message } = done
  if (format === 'json' || format === 'yaml')
    printData(io, format, { meshlet: machine.did, name: machine.name, state, message })
  else io.out(format === 'name' ? `${machine.did}\n` : `${machine.name} is ${state}\n`)
  if (message !== undefined) io.note(`${message}\n`)
  return EXIT.done
}
