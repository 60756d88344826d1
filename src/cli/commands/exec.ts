import { CommuneError } from '../../model/errors.ts'
import { COLLECTION, METHOD } from '../../model/nsid.ts'
import type { MeshletStatusRecord } from '../../model/records.ts'
import type { InteractInput } from '../../ports/engine.ts'
import type { ExecOutput } from '../../xrpc/api.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { openLogin, type OpenLogin } from '../open-login.ts'
import type { Pipes, RawTerminal } from '../pipes.ts'
import { openSessionReader, type Reading } from '../reading.ts'
import { replicasOf, workloadView, type Replica } from '../workload-view.ts'

interface ExecOptions extends ConnectionOptions {
  readonly meshlet?: string
  readonly replica?: string
  readonly stdin?: boolean
  readonly tty?: boolean
}

interface Place {
  readonly replica: Replica
  readonly machine: string
  readonly endpoint: string | undefined
}

/** Runs a command inside of a replica, and ends as the command does. */
export async function runExec(
  context: CommandContext,
  [name = '', ...command]: readonly string[],
  options: ExecOptions,
): Promise<number> {
  const { io } = context
  const pipes = requirePipes(io)
  await using login = await openLogin(context, options)
  const reader = await openSessionReader(context, login.session, login.connection)
  using reading = await reader.read()
  const { uri } = workloadView(reading.view, reading.owner, name)
  const { replica, machine, endpoint } = placeOf(reading, name, options)
  if (endpoint === undefined)
    throw new CommuneError('unreachable', `${machine} publishes no address to be called at.`, {
      hint: 'It may be behind NAT. Another replica may be reached: --meshlet names it.',
    })
  using stack = new DisposableStack()
  stack.defer(() => pipes.endInput())
  const terminal = options.tty === true ? stack.use(openTerminal(pipes)) : undefined
  const did = replica.meshletDid
  const token = await tokenFor(login, did, io)
  const output = context.drivers.runCommand({
    endpoint,
    token,
    params: { workload: uri, replica: replica.index },
    allowPrivateAddresses: reader.allowPrivateAddresses,
    command,
    ...(terminal && { terminal: terminal.size() }),
    input: inputOf(pipes, terminal, options.stdin ?? false),
    signal: io.signal,
  })
  try {
    return await show(io, pipes, output)
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted
    throw inWords(error, machine)
  }
}

async function show(io: Io, pipes: Pipes, output: AsyncIterable<ExecOutput>): Promise<number> {
  for await (const item of output) {
    if (item.kind === 'data') await pipes.write(item.stream, item.data)
    else if (item.exitCode !== undefined) return item.exitCode
    else {
      io.note(`The command ${item.reason ?? 'has ended; nobody knows how'}.\n`)
      return EXIT.failed
    }
  }
  return EXIT.interrupted
}

function tokenFor({ session }: OpenLogin, aud: Replica['meshletDid'], { signal }: Io) {
  return session.getServiceAuth({ aud, lxm: METHOD.exec, signal })
}

/** The first that runs and can be called, of those that are meant. */
function placeOf(reading: Reading, name: string, { meshlet, replica }: ExecOptions): Place {
  const { view, owner, names } = reading
  const running = replicasOf(workloadView(view, owner, name))
    .filter(({ phase }) => phase === 'running')
    .map((one): Place => {
      const status = view.get<MeshletStatusRecord>(one.meshletDid, COLLECTION.meshletStatus, 'self')
      const machine = names.meshlet(one.meshletDid)
      return { replica: one, machine, endpoint: status?.value.endpoint }
    })
  const meant = running.filter(
    ({ replica: { meshletDid, index } }) =>
      (meshlet === undefined || names.isCalled(meshletDid, meshlet)) &&
      (replica === undefined || String(index) === replica),
  )
  const found = meant.find(({ endpoint }) => endpoint !== undefined) ?? meant[0]
  if (found !== undefined) return found
  const there = running.map((one) => `${one.machine}#${one.replica.index}`)
  throw new CommuneError('not-found', `No such replica of ${name} runs.`, {
    hint:
      there.length === 0
        ? `"commune explain ${name}" says why.`
        : `There are: ${there.join(', ')}.`,
  })
}

function requirePipes({ pipes }: Io): Pipes {
  if (pipes !== undefined) return pipes
  throw new CommuneError('unsupported', 'Commands need the standard input of a process.')
}

function openTerminal(pipes: Pipes): RawTerminal {
  const terminal = pipes.rawTerminal()
  if (terminal !== undefined) return terminal
  throw new CommuneError('usage', '-t needs a terminal, and this is none.', {
    hint: 'Leave -t out; -i alone passes on what is piped in.',
  })
}

/** What is typed or piped in, and how large the terminal is now. Without either nothing is read. */
async function* inputOf(
  pipes: Pipes,
  terminal: RawTerminal | undefined,
  reads: boolean,
): AsyncGenerator<InteractInput> {
  if (terminal !== undefined) return yield* terminalInput(pipes, terminal, reads)
  if (reads) for await (const data of pipes.input()) yield { kind: 'data', data }
}

async function* terminalInput(
  pipes: Pipes,
  terminal: RawTerminal,
  reads: boolean,
): AsyncGenerator<InteractInput> {
  const keys = reads ? pipes.input()[Symbol.asyncIterator]() : undefined
  let resized = Promise.withResolvers<'resized'>()
  terminal.onResize(() => resized.resolve('resized'))
  let typed = keys?.next()
  for (;;) {
    const came = await Promise.race([resized.promise, ...(typed === undefined ? [] : [typed])])
    if (came === 'resized') {
      resized = Promise.withResolvers()
      yield { kind: 'resize', size: terminal.size() }
      continue
    }
    if (came.done === true) return
    yield { kind: 'data', data: came.value }
    typed = keys?.next()
  }
}

/** In words that need no knowledge of the protocol. */
function inWords(error: unknown, machine: string): unknown {
  if (!(error instanceof CommuneError)) return error
  switch (error.code) {
    case 'forbidden':
    case 'unauthorized':
      return new CommuneError(error.code, `${machine} refuses: ${error.message}.`, {
        hint: 'The owner of the machine grants it with "exec: true" in its policy.',
        cause: error,
      })
    case 'not-found':
      return new CommuneError('not-found', `It does not run on ${machine} any more.`, {
        cause: error,
      })
    case 'unreachable':
      return new CommuneError(
        'unreachable',
        `The connection to ${machine} could not be made, or was lost: ${error.message}.`,
        { hint: 'A command whose connection is lost is ended there.', cause: error },
      )
    default:
      return new CommuneError(error.code, `${machine}: ${error.message}`, { cause: error })
  }
}
