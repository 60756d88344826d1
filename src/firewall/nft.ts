import { execFile } from 'node:child_process'
import { CommuneError } from '../model/errors.ts'
import { TABLE } from './rules.ts'

/** The kernel’s rules, by way of the program `nft`. */
export interface Nft {
  /** Loads as one transaction: all of it, or nothing. */
  load(rules: string, signal?: AbortSignal): Promise<void>
  /** Our table as it is in force; undefined when there is none. */
  read(signal?: AbortSignal): Promise<LiveTable | undefined>
  /** The table that these rules make, tried out in a network that is gone afterwards. */
  tryOut(rules: string, signal?: AbortSignal): Promise<LiveTable>
  /** Names of the network devices that the rules are about. */
  devices(): Promise<readonly string[]>
  /** That it is not there is no error. */
  removeTable(signal?: AbortSignal): Promise<void>
}

export interface LiveTable {
  /** As `nft` prints it, without counters. */
  readonly text: string
  /** As `nft -j` tells it. */
  readonly json: string
}

const TIMEOUT_MS = 10_000
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024
const BETWEEN = '----'
const LIST = `nft -s list table ${TABLE} && echo ${BETWEEN} && nft -j list table ${TABLE}`
/** Where Debian and others keep it, which a service’s PATH may leave out. */
const PLACES = ['/usr/sbin', '/sbin', '/usr/local/sbin']
/** Exit code of a shell that does not find a program. */
const PROGRAM_MISSING = 127
const MISSING = /no such file or directory/i
const FORBIDDEN = /operation not permitted|permission denied|must be root/i

/**
 * `enter` are the words that make a command run in another network, for tests. Everything fails with
 * `unsupported` without the program, with `forbidden` without the right, else with `io`.
 */
export function createNft(enter: readonly string[] = []): Nft {
  const nft = (args: readonly string[], input: string, signal?: AbortSignal) =>
    run([...enter, 'nft', ...args], input, signal)
  return {
    async load(rules, signal) {
      await nft(['-f', '-'], rules, signal)
    },
    async read(signal) {
      try {
        return liveTable(await run([...enter, 'sh', '-c', LIST], '', signal))
      } catch (error) {
        if (error instanceof CommuneError && error.code === 'not-found') return undefined
        throw error
      }
    },
    tryOut: async (rules, signal) =>
      liveTable(await run(['unshare', '--net', 'sh', '-c', `nft -f - && ${LIST}`], rules, signal)),
    async devices() {
      const table = await run([...enter, 'cat', '/proc/self/net/dev'], '')
      return [...table.matchAll(/^\s*([^\s:]+):/gm)].map(([, name = '']) => name)
    },
    async removeTable(signal) {
      // Made first, since removing what is not there is an error to the program.
      await nft(['-f', '-'], `table ${TABLE}\ndelete table ${TABLE}\n`, signal)
    },
  }
}

function liveTable(printed: string): LiveTable {
  const [text = '', json = ''] = printed.split(`\n${BETWEEN}\n`)
  return { text, json }
}

function run(line: readonly string[], input: string, signal?: AbortSignal): Promise<string> {
  const [program = '', ...args] = line
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const env = { ...process.env, LC_ALL: 'C', PATH: [process.env['PATH'], ...PLACES].join(':') }
  const options = { env, signal, timeout: TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX }
  const child = execFile(program, args, options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout)
    else reject(signal?.aborted ? error : failure(error, stderr))
  })
  // A program that ends before it has read everything says why by its exit code.
  child.stdin?.on('error', () => undefined).end(input)
  return promise
}

function failure(error: Error & { code?: unknown }, stderr: string): CommuneError {
  const said = stderr.trim().split('\n').slice(0, 3).join(' ').slice(0, 500)
  if (error.code === 'ENOENT' || error.code === PROGRAM_MISSING)
    return new CommuneError('unsupported', 'The program nft (or unshare) is not installed here', {
      hint: 'Install it: apt-get install nftables, or dnf install nftables.',
      cause: error,
    })
  const message = `nft: ${said === '' ? error.message : said}`
  if (FORBIDDEN.test(said))
    return new CommuneError('forbidden', message, { hint: 'Run it as root.', cause: error })
  return new CommuneError(MISSING.test(said) ? 'not-found' : 'io', message, { cause: error })
}
