import { describe, expect, test } from 'vitest'
import { createLog, type LogOptions } from './log.ts'

/** What is written with these options. */
function written(
  options: Partial<LogOptions>,
  say: (log: ReturnType<typeof createLog>) => void,
): string {
  const lines: string[] = []
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 }
  say(createLog({ format: 'text', verbose: false, stream: stream as never, ...options }))
  return lines.join('')
}

describe('text', () => {
  test('has a time, the message and the fields', () => {
    const text = written({}, (log) => log.child({ part: 'feed' }).warn('odd', { n: 1, who: 'x y' }))
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN odd  part=feed  n=1  who=x y\n$/)
  })

  test('shows no control characters: nobody moves the cursor or hides text', () => {
    const nasty = 'a\u001b[2Jb\nc\rd\u0007e\u202ef\u2066g\u009bh\u007fi'
    const text = written({}, (log) => log.info(nasty, { k: nasty, deep: { nasty } }))
    // oxlint-disable-next-line no-control-regex
    expect(text.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    expect(text.endsWith('\n')).toBe(true)
  })

  test('says the small things only when asked', () => {
    const say = (log: ReturnType<typeof createLog>) => log.debug('small')
    expect(written({}, say)).toBe('')
    expect(written({ verbose: true }, say)).toContain('small')
  })
})

test('json is one object a line, with the fields of the parent', () => {
  const text = written({ format: 'json' }, (log) =>
    log.child({ part: 'feed' }).error('broken\nline', { code: 'io' }),
  )
  expect(text.trimEnd()).not.toContain('\n')
  expect(JSON.parse(text)).toMatchObject({ msg: 'broken\nline', part: 'feed', code: 'io' })
})

test('auto is json unless somebody watches', () => {
  const text = written({ format: 'auto' }, (log) => log.info('hello'))
  expect(JSON.parse(text)).toMatchObject({ msg: 'hello' })
})
