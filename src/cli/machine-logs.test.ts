import { describe, expect, it } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Io } from './io.ts'
import { askForLogs, formatLogLines, inOrderOfTime, type LogSource } from './machine-logs.ts'

const BOX: Did = 'did:plc:box'
const io = { signal: new AbortController().signal } as Io

interface World {
  readonly endpoint?: string
  readonly down?: boolean
  readonly error?: unknown
}

/** Only what is asked for; the real thing is tried with real machines. */
function source({ endpoint, down, error }: World): LogSource {
  return {
    session: { getServiceAuth: async () => 'token' },
    client: {
      call: async () => {
        throw error
      },
    },
    reading: {
      names: { meshlet: () => 'alice.test/box' },
      view: { get: () => ({ value: { endpoint } }) },
    },
    workload: { uri: 'at://x', suspects: { down: new Set(down ? [BOX] : []) } },
    query: { tail: 1 },
  } as unknown as LogSource
}

async function reasonFor(world: World): Promise<string> {
  const answer = await askForLogs(io, source(world), BOX)
  return answer.kind === 'silent' ? answer.reason : 'it answered'
}

describe('a machine that gives no lines', () => {
  it('is said to be down, or to publish no address', async () => {
    expect(await reasonFor({ down: true })).toContain('alice.test/box is down')
    expect(await reasonFor({})).toContain('behind NAT')
  })

  it.each([
    ['unreachable', "can't be reached from here"],
    ['timeout', "can't be reached from here"],
    ['forbidden', "only the workload's owner"],
    ['unauthorized', "only the workload's owner"],
    ['not-found', 'Nothing of it is on alice.test/box any more'],
  ] as const)('is said in plain words: %s', async (code, text) => {
    const error = new CommuneError(code, `The meshlet ${BOX} refuses`)
    expect(await reasonFor({ endpoint: 'https://box.test', error })).toContain(text)
  })

  it('is said in the words of the machine, where it has a reason of its own', async () => {
    const own = new CommuneError(
      'forbidden',
      `The meshlet ${BOX} refuses: it is paused by its owner.`,
    )
    expect(await reasonFor({ endpoint: 'https://box.test', error: own })).toBe(
      'alice.test/box refuses: it is paused by its owner.',
    )
    const none = new CommuneError(
      'forbidden',
      `The meshlet ${BOX} refuses: you may not do this here`,
    )
    expect(await reasonFor({ endpoint: 'https://box.test', error: none })).toContain(
      "only the workload's owner",
    )
  })

  it('is called by its name also in what is passed on', async () => {
    const error = new CommuneError('unavailable', `The meshlet ${BOX} refuses: busy`)
    expect(await reasonFor({ endpoint: 'https://box.test', error })).toBe(
      'alice.test/box does not give its lines: The meshlet alice.test/box refuses: busy',
    )
  })
})

it('lines of one moment keep their order', () => {
  const line = (time: string, text: string) => ({ meshlet: BOX, machine: 'm', time, line: text })
  const sorted = inOrderOfTime([line('2', 'c'), line('1', 'a'), line('1', 'b')])
  expect(sorted.map((one) => one.line)).toEqual(['a', 'b', 'c'])
})

it('lines may come without who wrote them', () => {
  const line = { meshlet: BOX, machine: 'm', replica: 0, line: 'one\u001B[2J' }
  expect(formatLogLines([line, line], false)).toBe('one [2J\none [2J\n')
})

it('bars stand below each other, and nothing in a line moves the cursor', () => {
  const text = formatLogLines([
    { meshlet: BOX, machine: 'alice.test/box', replica: 0, line: 'one\u001B[2J' },
    { meshlet: BOX, machine: 'b', replica: 12, line: '' },
  ])
  expect(text).toBe('alice.test/box#0 | one [2J\nb#12             |\n')
})
