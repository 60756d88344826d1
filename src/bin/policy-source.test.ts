import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../ports/log.ts'
import { openPolicy, readPolicyFile } from './policy-source.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'commune-policy-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

const POLICY = 'kind: Policy\nowners: { block: [did:plc:eve], blockLists: [spam.csv] }\n'

test('lists are read beside the policy, with their reasons', async () => {
  file('spam.csv', 'did,reason\ndid:plc:mallory,fills every disk\n')
  const { owners } = await readPolicyFile(file('policy.yaml', POLICY))
  expect([...(owners?.blocked ?? [])]).toEqual([
    ['did:plc:eve', 'owners.block'],
    ['did:plc:mallory', 'spam.csv: fills every disk'],
  ])
  expect(owners?.allowed).toBeUndefined()
})

test('what is wrong in a list is said with its line, and a missing one by its name', async () => {
  const policy = file('policy.yaml', POLICY)
  await expect(readPolicyFile(policy)).rejects.toThrow(/spam\.csv can't be read/)
  file('spam.csv', 'did:plc:mallory\nmallory\n')
  await expect(readPolicyFile(policy)).rejects.toThrow(/spam\.csv:2:1.*found "mallory"/s)
  file('policy.yaml', 'kind: Policy\nowners: { block: [mallory], blokLists: [] }\n')
  await expect(readPolicyFile(policy)).rejects.toThrow(/blokLists/)
})

test('an allow list that is empty allows nobody', async () => {
  file('friends.txt', '# nobody yet\n')
  const text = 'kind: Policy\nowners: { allowLists: [friends.txt] }\n'
  const { owners } = await readPolicyFile(file('policy.yaml', text))
  expect(owners?.allowed?.size).toBe(0)
})

test('a list that changes is read again; while it is broken what held goes on', async () => {
  file('spam.csv', 'did:plc:mallory\n')
  await using source = await openPolicy(file('policy.yaml', POLICY), silentLog)
  const changed = new Promise<void>((resolve) => source.onChange(resolve))
  file('spam.csv', 'did:plc:mallory\ndid:plc:trent\n')
  await changed
  expect(source.current().owners?.blocked.size).toBe(3)
})
