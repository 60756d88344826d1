import { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { EXIT } from './exit.ts'
import type { Io } from './io.ts'
import { createPipes } from './pipes.ts'
import { systemClock } from './system-clock.ts'

const STDIN = 0

/** The terminal and the process that this program really runs in. */
export function createTerminal(process: NodeJS.Process): Io {
  const { stdout, stderr, env } = process
  for (const stream of [stdout, stderr]) {
    // `commune get … | head` closes the pipe early, and that is no failure.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed)
    })
  }
  return {
    out: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    pipes: createPipes(process),
    // To open standard input for this question alone would take longer than the answer is worth.
    isInteractive: isatty(STDIN) && stderr.isTTY,
    ...screenOf(stderr, env),
    color: { out: wantsColor(stdout, env), note: wantsColor(stderr, env) },
    env,
    signal: abortOnSignals(process),
    clock: systemClock,
    ask: (question, options) => ask(process, question, options?.hidden ?? false),
  }
}

function screenOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Pick<Io, 'screen'> {
  if (!stream.isTTY || env['TERM'] === 'dumb') return {}
  // Some terminals do not tell their size, and say that it is nothing.
  return { screen: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }) }
}

/** https://no-color.org: any value but the empty one turns colours off. */
function wantsColor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  return stream.isTTY && env['TERM'] !== 'dumb'
}

/** The first signal asks the command to end well, the second one does not ask. */
function abortOnSignals(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted)
      controller.abort()
    })
  }
  return controller.signal
}

async function ask(process: NodeJS.Process, question: string, hidden: boolean): Promise<string> {
  process.stderr.write(question)
  const { createInterface } = await import('node:readline/promises')
  const output = hidden ? silence() : process.stderr
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    if (hidden) process.stderr.write('\n')
  }
}

function silence(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
