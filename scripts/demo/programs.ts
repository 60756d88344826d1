import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const BIN = new URL('../../bin/', import.meta.url)

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export type Environment = Readonly<Record<string, string>>

/** Runs `commune` to its end. */
export async function commune(
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<Ended> {
  const child = start('commune', args, env)
  const stop = () => child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await ended(child)
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  return { code, stdout, stderr }
}

/** A program of the checkout that goes on running. */
export interface Program extends AsyncDisposable {
  readonly process: ChildProcess
  /** Resolves with the first line on standard output that the test accepts; rejects when it ends. */
  line(test: (line: string) => boolean): Promise<string>
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
}

/** Starts a program whose output goes to a file. */
export function startProgram(
  name: 'commune' | 'meshlet',
  args: readonly string[],
  env: Environment,
  logFile: string,
): Program {
  const child = start(name, args, env)
  const log = createWriteStream(logFile, { flags: 'a' })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const look of waiting) look()
  }
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      log.write(`${line}\n`)
      wake()
    })
  child.stderr?.on('data', (text) => log.write(text))
  const gone = ended(child)
  void gone.then(wake)
  return {
    process: child,
    line: (test) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find(test)
          if (found === undefined && child.exitCode === null && child.signalCode === null) return
          waiting.delete(look)
          if (found === undefined)
            reject(new Error(`${name} ended early; its output is in ${logFile}`))
          else resolve(found)
        }
        waiting.add(look)
        look()
      }),
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const insist = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await gone
      clearTimeout(insist)
      log.end()
    },
  }
}

function start(name: string, args: readonly string[], env: Environment): ChildProcess {
  return spawn(fileURLToPath(new URL(name, BIN)), args, {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1))
    child.once('close', (code, signal) => resolve(signal ? 128 : (code ?? 1)))
  })
}
