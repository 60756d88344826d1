import { expect, it } from 'vitest'
import { formatTable, printable } from './table.ts'

it('aligns columns, shows a dash for nothing, and has no trailing spaces', () => {
  expect(
    formatTable(
      ['name', 'why'],
      [
        ['a', undefined],
        ['longer', 'because'],
        ['', ''],
      ],
    ),
  ).toBe('NAME    WHY\na       -\nlonger  because\n-       -\n')
})

it('lets nothing from a record move the cursor or break a line', () => {
  expect(printable('a\u001B[2Jb\nc\u202Ed')).toBe('a [2Jb c d')
  expect(formatTable(['x'], [['a\nb'.repeat(200)]]).split('\n')).toHaveLength(3)
})
