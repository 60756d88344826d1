import { expect, test } from 'vitest'
import { leaseText } from './lease-story.ts'

const named = (...names: readonly string[]) =>
  names.map((name) => ({ meshlet: `did:plc:${name}` as const, name }))

test('the holder and the witnesses are told', () => {
  const [holder] = named('box')
  const text = leaseText({
    witnesses: named('box', 'nas', 'pi'),
    previous: named('old'),
    ...(holder && { holder: { ...holder, epoch: 4 } }),
  })
  expect(text).toBe(
    'box holds it, epoch 4\nwitnesses: box, nas, pi\nwith a say until a lease was granted: old\n',
  )
})

test('without a holder, what whoever was chosen waits for; a stranger’s word is cleaned', () => {
  const waits = 'waits for the lease: 1 of 3 witnesses\u001B[31m'
  const text = leaseText({ witnesses: named('box', 'nas', 'pi'), previous: [], waits })
  expect(text).toMatch(/^nobody holds it\nwaits for the lease: 1 of 3 witnesses/)
  expect(text).not.toContain('\u001B')
})

test('nothing is told of what may run twice', () => {
  expect(leaseText(undefined)).toBe('')
})
