import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCron } from './cron.ts'

describe('parseCron', () => {
  it.each([
    '* * * * *',
    '*/5 * * * *',
    '0 3 * * *',
    ' 0  3 * *\t* ',
    '0,15,30,45 9-17 * * mon-fri',
    '5/20 * * * *',
    '0 0 1 JAN,Jul *',
    '0 0 * * 7',
    '0 0 29 2 *',
    '0 0 31 2 mon',
    '10-20/3 0-6/2 */2 1-12/3 *',
    '@hourly',
    '@daily',
    '@Midnight',
    '@weekly',
    '@monthly',
    '@yearly',
    '@annually',
  ])('reads %j', (text) => {
    expect(parseCron(text).ok).toBe(true)
  })

  it.each([
    '',
    '*',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 0 *',
    '* * * 13 *',
    '* * * * 8',
    '-1 * * * *',
    '5-1 * * * *',
    '*/0 * * * *',
    '*/60 * * * *',
    '*/ * * * *',
    '1,,2 * * * *',
    ', * * * *',
    '1- * * * *',
    '*-5 * * * *',
    '1.5 * * * *',
    'mon * * * *',
    '* * * mon *',
    '* * * * monday',
    '0 0 30 2 *',
    '0 0 31 4,6,9,11 *',
    '? * * * *',
    '0 0 L * *',
    '0 0 * * 5#2',
    '@reboot',
    '@every 5m',
    'CRON_TZ=UTC * * * * *',
    '0 0 * *',
    '*'.repeat(300),
  ])('refuses %j', (text) => {
    expect(parseCron(text).ok).toBe(false)
  })

  it('lists when a job runs', () => {
    expect(parseCron('*/20 1-3 1 feb sun,7')).toEqual({
      ok: true,
      value: {
        minutes: [0, 20, 40],
        hours: [1, 2, 3],
        daysOfMonth: [1],
        months: [2],
        daysOfWeek: [0],
        eitherDay: true,
      },
    })
    expect(parseCron('50/5 0 * * 5-7')).toMatchObject({
      value: { minutes: [50, 55], daysOfWeek: [0, 5, 6], eitherDay: false },
    })
  })

  it('never throws', () => {
    const field = fc.stringMatching(/^[-*/,0-9a-z]{1,6}$/)
    fc.assert(
      fc.property(fc.array(field, { minLength: 4, maxLength: 6 }), (fields) => {
        expect(parseCron(fields.join(' '))).toHaveProperty('ok')
      }),
    )
  })
})
