import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../ports/log.ts'
import { checkJsonFile } from './check-json-file.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'commune-json-'))
  file = path.join(folder, 'kept.json')
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const isNumber = (content: unknown) => typeof content === 'number'
const check = () => checkJsonFile({ file, isFine: isNumber, log: silentLog, nowMs: 7 })

test('what can be used stays, and what is not there is no problem', async () => {
  await check()
  writeFileSync(file, '4')
  await check()
  expect(readFileSync(file, 'utf8')).toBe('4')
})

test.each(['', '{"a":', '"four"'])('%j is put aside', async (text) => {
  writeFileSync(file, text)
  await check()
  expect(readdirSync(folder)).toEqual(['kept.json.broken-7'])
})

test('so is a folder in its place', async () => {
  mkdirSync(file)
  await check()
  expect(readdirSync(folder)).toEqual(['kept.json.broken-7'])
})
