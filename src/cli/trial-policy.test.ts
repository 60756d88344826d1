import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parsePolicyFile } from '../spec/policy-file.ts'
import { trialPolicy } from './trial-policy.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'commune-trial-policy-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a trial network works without root: walls that can’t be tried refuse nobody', async () => {
  const file = await trialPolicy(join(folder, 'data'))
  const { policy, issues } = parsePolicyFile(readFileSync(file, 'utf8'), file, 'UTC')
  expect(issues).toEqual([])
  expect(policy?.rules).toMatchObject([{ terms: { canary: 'advised' } }])
})

test('what somebody made of it stays', async () => {
  writeFileSync(join(folder, 'policy.yaml'), 'kind: Policy\nrules: []\n')
  expect(readFileSync(await trialPolicy(folder), 'utf8')).toBe('kind: Policy\nrules: []\n')
})
