import { expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { PullSlots } from './pull-slots.ts'

const [alice, bob, carol] = [did('alice'), did('bob'), did('carol')] as const
const never = new AbortController().signal

/** Says who pulls; each pull ends when it is told to. */
function slotsOf() {
  const slots = new PullSlots()
  const running: string[] = []
  const ends = new Map<string, () => void>()
  const pull = (owner: typeof alice, image: string, signal = never) =>
    slots.run(owner, signal, async () => {
      running.push(image)
      await new Promise<void>((resolve) => ends.set(image, resolve))
    })
  const end = async (image: string) => {
    ends.get(image)?.()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  return { pull, end, running }
}

test('an owner with many images waits for herself, nobody else does', async () => {
  const { pull, end, running } = slotsOf()
  for (let index = 0; index < 20; index++) void pull(alice, `alice-${index}`)
  void pull(bob, 'bob-0')
  await end('')
  expect(running).toEqual(['alice-0', 'alice-1', 'bob-0'])
  await end('alice-0')
  expect(running.at(-1)).toBe('alice-2')
})

test('when all slots are taken the next goes to whoever pulls least', async () => {
  const { pull, end, running } = slotsOf()
  const others = Array.from({ length: 8 }, (_, index) => did(`owner-${index}`))
  for (const owner of others) for (const part of ['a', 'b']) void pull(owner, `${owner}${part}`)
  void pull(others[0] ?? alice, 'third')
  void pull(carol, 'carol')
  await end('')
  expect(running).toHaveLength(16)
  await end(`${others[0]}a`)
  expect(running.at(-1)).toBe('carol')
})

test('who gives up while waiting is forgotten, and a failed pull frees its slot', async () => {
  const slots = new PullSlots()
  const fails = () => Promise.reject(new Error('no such image'))
  for (let index = 0; index < 5; index++)
    await expect(slots.run(alice, never, fails)).rejects.toThrow('no such image')
  const hold = () => new Promise<void>(() => undefined)
  void slots.run(alice, never, hold)
  void slots.run(alice, never, hold)
  const stop = new AbortController()
  const waiting = slots.run(alice, stop.signal, hold)
  stop.abort(new Error('shutting down'))
  await expect(waiting).rejects.toThrow('shutting down')
})
