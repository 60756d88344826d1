import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROGRAM, Program } from '../cli/real-program.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'

/** Bobby's work runs on Alice's machine, whose policy is changed meanwhile. */

let commune: RealCommune
let file: string

beforeAll(async () => {
  commune = await startRealCommune(['alice', 'bobby'])
  file = join(commune.network.dir, 'policy.yaml')
  await writePolicy('exec: false')
  await commune.start('alice', { policy: file })
  await commune.start('bobby', { cpuMilli: 0 })
  await commune.link('alice')
  await commune.link('bobby')
  await commune.sync('bobby', { web: webWorkload(commune, 'web') })
  await commune.running('bobby', 'web', 1)
})
afterAll(() => commune?.[Symbol.asyncDispose]())

/** As editors do it: a new file takes the place of the old one. */
async function writePolicy(term: string): Promise<void> {
  const rule = ['  - for: members', '    name: guests', `    ${term}`]
  await writeFile(`${file}.new`, ['kind: Policy', 'rules:', ...rule, ''].join('\n'))
  await rename(`${file}.new`, file)
}

/** The program itself, with something piped in. */
function exec(args: readonly string[], input = '', owner = 'bobby') {
  const env = { ...process.env, ...commune.env(owner) }
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, 'exec', ...args],
      { env, maxBuffer: 64 * 1024 ** 2 },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    )
    child.stdin?.end(input)
  })
}

/** The same, while its input stays open. */
function execWithOpenInput(args: readonly string[]) {
  const env = { ...process.env, ...commune.env('bobby') }
  const child = spawn(process.execPath, [PROGRAM, 'exec', ...args], { env })
  return once(child, 'exit').then(([code]) => code as number)
}

it('is refused by default, in a sentence that names the rule', async () => {
  const result = await exec(['web', '--', 'id'])
  expect(result).toMatchObject({ code: 1, out: '' })
  expect(result.err).toContain('rule “guests” of the machine’s policy')
  expect(result.err).toContain('"exec: true"')
})

it('runs a command where the policy grants it, and ends as the command does', async () => {
  await writePolicy('exec: true')
  await commune.until('the policy is read', async () => {
    return (await exec(['web', '--', 'true'])).code === 0
  })
  const result = await exec(['web', '--', '/bin/sh', '-c', 'id -u; echo oops >&2; exit 7'])
  expect(result).toMatchObject({ code: 7, err: 'oops\n' })
  expect(result.out).toMatch(/^[1-9]\d*\n$/)
  expect(await exec(['web', '-i', '--', 'wc', '-c'], 'x'.repeat(200_000))).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^ *200000\n$/) as string,
  })
  const large = await exec(['web', '--', 'head', '-c', '20000000', '/dev/zero'])
  expect([large.code, large.out.length]).toEqual([0, 20_000_000])
  expect((await exec(['web', '--', 'no-such-program'])).code).not.toBe(0)
  // It ends with the command, whatever else could still be typed.
  expect(await execWithOpenInput(['web', '-i', '--', '/bin/sh', '-c', 'exit 4'])).toBe(4)
})

it('says what is wrong with what was asked for', async () => {
  const absent = await exec(['web', '--replica', '7', '--', 'id'])
  expect(absent).toMatchObject({ code: 1, err: expect.stringContaining('#0') as string })
  const tty = await exec(['web', '-t', '--', 'id'])
  expect(tty).toMatchObject({
    code: 2,
    err: expect.stringContaining('-t needs a terminal') as string,
  })
  expect(await exec(['web', '--', 'id'], '', 'alice')).toMatchObject({ code: 1 })
})

it('kills the command when the connection ends', async () => {
  const script = 'echo begun; sleep 4321; sleep 4321'
  const program = new Program(['exec', 'web', '--', '/bin/sh', '-c', script], commune.env('bobby'))
  await program.sees(/begun/)
  const sleepers = async () =>
    (await exec(['web', '--', '/bin/sh', '-c', 'ps | grep -c "[s]leep 4321"'])).out.trim()
  await commune.until('it sleeps', async () => (await sleepers()) !== '0')
  expect(await program.end('SIGINT')).toBe(130)
  await commune.until('it was killed', async () => (await sleepers()) === '0')
})

it('tells the workload’s owner and the machine’s owner who ran what', async () => {
  const events = await commune.commune('bobby', 'events', 'web', '-o', 'json')
  const told = (
    JSON.parse(events.out) as { kind: string; subject: string; reason: string }[]
  ).filter(({ kind }) => kind === 'exec')
  expect(told.map(({ reason }) => reason)).toContainEqual(
    expect.stringContaining('["no-such-program"]') as string,
  )
  expect(told.every(({ subject }) => subject === commune.did('bobby'))).toBe(true)
  const following = new Program(['events', 'web', '-f', '--since', '1h'], commune.env('bobby'))
  await following.sees(/ published /)
  await exec(['web', '--', 'echo', 'followed'])
  await following.sees(/ exec .*"followed"\] ended with 0/)
  expect(await following.end('SIGINT')).toBe(130)
})
