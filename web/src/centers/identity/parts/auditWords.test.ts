import { expect, test } from 'vitest'
import { NO_WORDS, queryOf, startOfDay } from './auditWords'

test('a day begins when the clock of the bank says so', () => {
  expect(startOfDay('2026-11-20', 'Asia/Shanghai')).toBe('2026-11-19T16:00:00.000Z')
  expect(startOfDay('2026-11-20', 'Europe/Prague')).toBe('2026-11-19T23:00:00.000Z')
  expect(startOfDay('2026-11-20', 'America/New_York')).toBe('2026-11-20T05:00:00.000Z')
})

test('only what was typed is asked, and the last day counts whole', () => {
  expect(queryOf(NO_WORDS, 'Asia/Shanghai')).toEqual({})
  expect(queryOf({ ...NO_WORDS, since: '2026-11-20', until: '2026-11-20', person: 'RM' }, 'Asia/Shanghai')).toEqual({
    since: '2026-11-19T16:00:00.000Z',
    until: '2026-11-20T16:00:00.000Z',
    person: 'RM',
  })
})
