import { expect, test } from 'vitest'
import { Watch } from './watch.ts'

function scene() {
  const killed: string[] = []
  const said: string[] = []
  const clock = { nowMs: 1_000 }
  let answer: (uri: string) => Promise<number> = () => Promise.resolve(1)
  const watch = new Watch({
    nowMs: () => clock.nowMs,
    kill: (uri) => {
      killed.push(uri)
      return answer(uri)
    },
    say: (line) => said.push(line),
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { watch, killed, said, clock, settle, answers: (how: typeof answer) => (answer = how) }
}

test('nothing is killed before its deadline, and everything after it, at every look', async () => {
  const { watch, killed, clock, settle } = scene()
  watch.set('db', 2_000)
  watch.set('web', 9_000)
  watch.look()
  expect(killed).toEqual([])
  clock.nowMs = 2_000
  watch.look()
  await settle()
  watch.look()
  await settle()
  expect(killed).toEqual(['db', 'db'])
  expect(watch.isOver).toBe(false)
})

test('a clock that jumps ahead, as after sleep, is believed', async () => {
  const { watch, killed, clock, settle } = scene()
  watch.set('db', 5_000)
  clock.nowMs += 8 * 60 * 60_000
  watch.look()
  await settle()
  expect(killed).toEqual(['db'])
  expect(watch.isOver).toBe(true)
})

test('what was renewed or given back is left alone', () => {
  const { watch, killed, clock } = scene()
  watch.set('db', 2_000)
  watch.set('web', 2_000)
  watch.set('db', 4_000)
  watch.clear('web')
  clock.nowMs = 3_000
  watch.look()
  expect(killed).toEqual([])
})

test('an engine that hangs on one holds up no other, and is asked again when it has answered', async () => {
  const { watch, killed, clock, settle, answers, said } = scene()
  const { promise, reject } = Promise.withResolvers<number>()
  answers((uri) => (uri === 'db' ? promise : Promise.resolve(0)))
  watch.set('db', 0)
  watch.set('web', 0)
  clock.nowMs = 2_000
  for (let i = 0; i < 3; i++) {
    watch.look()
    await settle()
  }
  expect(killed).toEqual(['db', 'web', 'web', 'web'])
  reject(new Error('no answer'))
  await settle()
  watch.look()
  expect(killed.filter((uri) => uri === 'db')).toHaveLength(2)
  expect(said).toEqual(['could not kill db: Error: no answer'])
})
