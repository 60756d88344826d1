import { expect, test } from 'vitest'
import { filesBelow, isHandWritten, isTest } from './source-tree.ts'

/**
 * Who may open a connection, and to whom. An address from somebody else's record is only ever called
 * through `src/atproto/guarded-fetch.ts`, or with its look-up of names.
 */
const OUTWARD: Readonly<Record<string, string>> = {
  'src/atproto/feed-socket.ts': 'event streams of PDSs; names are looked up guarded',
  'src/bin/host-facts.ts': 'the PDS of the machine’s own account, as it was configured',
  'src/cli/doctor-checks.ts': 'the PDS and directory that the user configured',
  'src/cli/labels.ts': 'labelers that the user named on the command line',
  'src/cli/reading.ts': 'the user’s own PDS, as it was configured',
  'src/dev/accounts.ts': 'a PDS in this process',
  'src/engine/canary-listeners.ts': 'this machine, from inside of its own canary',
  'src/engine/client.ts': 'the engine, as it was configured',
  'src/engine/netns-probe.ts': 'a container of ours, from inside of its network namespace',
  'src/engine/registry-client.ts': 'registries; guarded unless configured otherwise',
  'src/guard/guard-client.ts': 'the guard, over a socket in the state folder',
  'src/guard/guard-server.ts': 'another guard, over a socket in the state folder',
  'src/guard/kill-workload.ts': 'the engine, as it was configured',
  'src/xrpc/stream-client.ts': 'streams of machines; names are looked up guarded',
}

/** The fetch that everybody has, and what opens a connection without it. */
const WAYS = [
  /\bglobalThis\.fetch\b/,
  /from 'undici'/,
  /new WebSocket\(/,
  /new EventSource\(/,
  /import \{[^}]*\b(?:request|get|connect|createConnection|Agent)\b[^}]*\} from 'node:(?:http|https|http2|net|tls)'/,
  /\b(?:https?|net|tls)\.(?:request|get|connect|createConnection)\(/,
]

const sources = filesBelow('src', /\.ts$/).filter((file) => isHandWritten(file) && !isTest(file))

/** Types name what others give; only what runs counts. */
function isOutward(text: string): boolean {
  const code = text.replaceAll(/typeof globalThis\.fetch/g, '').replaceAll(/^import type .*$/gm, '')
  return WAYS.some((way) => way.test(code)) || callsGlobalFetch(code)
}

/** A call of a `fetch` that the file neither makes nor is given. */
function callsGlobalFetch(code: string): boolean {
  const isOwn =
    /\b(?:const|let) (?:\{[^}]*\b)?fetch\b|\bfetch\??: \b|^\s+(?:async )?fetch\(\)|[(,]\s*fetch: /m
  return /(?<![\w.])fetch\(/.test(code) && !isOwn.test(code)
}

test('only these open connections', () => {
  const found = sources.filter(({ text }) => isOutward(text)).map(({ path }) => path)
  expect(found.toSorted()).toEqual(Object.keys(OUTWARD).toSorted())
})

test('the check sees what it looks for', () => {
  const ways = [
    'await fetch(url)',
    'const answer = await globalThis.fetch(url)',
    "import { request } from 'node:https'",
    "import { createServer, connect } from 'node:net'",
    'const socket = new WebSocket(url)',
    'http.get(url)',
  ]
  for (const way of ways) expect([way, isOutward(way)]).toEqual([way, true])
  for (const harmless of [
    'const { fetch } = options\nawait fetch(url)',
    'readonly fetch?: typeof globalThis.fetch',
    "import type { Socket } from 'node:net'",
    "import { createServer } from 'node:http'",
    'repo.fetch(x)',
  ])
    expect([harmless, isOutward(harmless)]).toEqual([harmless, false])
})
