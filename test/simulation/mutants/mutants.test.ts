import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { expect, test } from 'vitest'
import { mutate } from './mutant.ts'
import { MUTANTS } from './mutant-table.ts'

const TOP = new URL('../../../', import.meta.url)

test('at least twenty, each under a name of its own', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(20)
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
})

test.each(MUTANTS)('$name: can still be made of $file', (mutant) => {
  const source = readFileSync(new URL(mutant.file, TOP), 'utf8')
  const changed = mutate(mutant, source)
  expect(changed).not.toBe(source)
  expect(() => stripTypeScriptTypes(changed)).not.toThrow()
})

test('a text that is gone, or stands twice, is said', () => {
  const mutant = { name: 'm', why: '', file: 'f.ts', find: 'a', replace: 'b' }
  expect(() => mutate(mutant, 'xyz')).toThrow('the mutant "m" finds its text 0 times in f.ts')
  expect(() => mutate(mutant, 'aa')).toThrow('2 times')
})
