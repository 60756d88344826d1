import { appendFileSync } from 'node:fs'
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startDaemon } from '../../src/bin/meshlet-daemon.ts'
import type { MeshletSettings } from '../../src/meshlet/flags.ts'
import type { Did } from '../../src/model/records.ts'
import type { Log, LogFields } from '../../src/ports/log.ts'

/** A meshlet at work, in this process or in one of its own. Ending it leaves its containers. */
export interface RealMachine extends AsyncDisposable {
  readonly url: string
  /** What it says is wrong with a repo that it follows. Only for one in this process. */
  repoProblem(did: Did): string | undefined
  /** Ends it at once, as a power cut would. Only for one with a process of its own. */
  kill(): Promise<void>
  /** Its process; undefined for one that runs in this one. */
  readonly pid: number | undefined
  /** Resolves with the exit code when the program ends. Only for one with a process of its own. */
  ended(): Promise<number | null>
}

/**
 * What machines said last, for the message of a test that fails. All of it goes to the end of the file
 * that COMMUNE_TEST_LOG names, if it names one.
 */
export class LogTail {
  readonly #file = process.env['COMMUNE_TEST_LOG']
  readonly #lines: string[] = []
  readonly #linesMax = 400

  add(line: string): void {
    if (this.#file !== undefined)
      appendFileSync(this.#file, `${new Date().toISOString()} ${line}\n`)
    this.#lines.push(line)
    if (this.#lines.length > this.#linesMax) this.#lines.shift()
  }

  /** Lines that contain the text, oldest first. */
  find(text: string): readonly string[] {
    return this.#lines.filter((line) => line.includes(text))
  }

  /** The last lines. */
  text(): string {
    return this.#lines.slice(-60).join('\n')
  }
}

/** Starts the meshlet in this process. */
export async function startInProcess(
  settings: MeshletSettings,
  name: string,
  tail: LogTail,
): Promise<RealMachine> {
  const daemon = await startDaemon(settings, '0.0.0-test', tailLog(tail, name))
  const noProcess = () => Promise.reject(new Error(`${name} has no process of its own`))
  return {
    url: daemon.url,
    pid: undefined,
    repoProblem: (did) => daemon.meshlet.view.repoProblem(did),
    kill: noProcess,
    ended: noProcess,
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  }
}

/** Starts `meshlet` as a program, by what `prefix` names, which becomes that program. */
export async function startProcess(
  settings: MeshletSettings,
  name: string,
  tail: LogTail,
  prefix: readonly string[] = [],
): Promise<RealMachine> {
  const [command = '', ...args] = [...prefix, ...meshletCommandLine(settings)]
  const child = spawn(command, args, {
    env: { ...process.env, MESHLET_PASSWORD: settings.password ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const { promise: listening, resolve } = Promise.withResolvers<string | undefined>()
  void ended.then(() => resolve(undefined))
  followOutput(child, (line) => {
    tail.add(`${name} | ${line}`)
    const url = / listens on (\S+)$/.exec(line)?.[1]
    if (url !== undefined) resolve(url)
  })
  const url = await listening
  if (url === undefined) throw new Error(`${name} ended early:\n${tail.text()}`)
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return {
    url,
    pid: child.pid,
    repoProblem: () => {
      throw new Error(`${name} can't be looked into`)
    },
    kill: () => end('SIGKILL'),
    ended: () => ended,
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  }
}

/** The program and its flags; the password goes into its environment. */
export function meshletCommandLine(settings: MeshletSettings): string[] {
  const program = fileURLToPath(new URL('../../src/bin/meshlet.ts', import.meta.url))
  return [process.execPath, program, ...flagsOf(settings)]
}

/** Hands over what a program prints, line by line. */
export function followOutput(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', onLine)
}

function flagsOf(settings: MeshletSettings): string[] {
  const flags: Record<string, string | number | undefined> = {
    did: settings.did,
    owner: settings.owner,
    service: settings.service,
    'plc-url': settings.plcUrl,
    'state-dir': settings.stateDir,
    listen: `${settings.listenHost}:${settings.listenPort}`,
    endpoint: settings.endpoint,
    metrics: settings.metrics && `${settings.metrics.host}:${settings.metrics.port}`,
    'docker-host': settings.dockerHost,
    cpu: settings.cpuMilli === undefined ? undefined : `${settings.cpuMilli}m`,
    memory: settings.memoryBytes,
    liveness: settings.liveness,
    'log-format': 'text',
  }
  const clusters = [...settings.clusters].map(
    ([name, dids]) => `--cluster=${name}=${dids.join(',')}`,
  )
  const labels = Object.entries(settings.labels).map(([name, value]) => `--label=${name}=${value}`)
  const plain = Object.entries(flags)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name}=${value}`)
  return [...plain, ...clusters, ...labels]
}

function tailLog(tail: LogTail, name: string): Log {
  const say = (message: string, fields: LogFields = {}) =>
    tail.add(`${new Date().toISOString().slice(14)} ${name} | ${message} ${JSON.stringify(fields)}`)
  return {
    debug: () => undefined,
    info: say,
    warn: say,
    error: say,
    child: () => tailLog(tail, name),
  }
}
