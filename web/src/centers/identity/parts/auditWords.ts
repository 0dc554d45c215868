import type { AuditQuery } from '../identity.api'

/** What somebody typed, days as the device writes them; empty where nothing is asked. */
export type AuditWords = { since: string; until: string; person: string; operation: string; about: string; reason: string }

export const NO_WORDS: AuditWords = { since: '', until: '', person: '', operation: '', about: '', reason: '' }
export const ROOMS = ['identity', 'customers', 'tasks', 'marketing', 'insight', 'products', 'backoffice'] as const

const DAY_MS = 86_400_000

/** Midnight of a day where the bank is, as an instant: the day starts when its clock there says so. */
export const startOfDay = (day: string, timeZone: string): string => {
  const utc = new Date(`${day}T00:00:00Z`)
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(utc)
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value)
  const there = Date.UTC(number('year'), number('month') - 1, number('day'), number('hour'), number('minute'))
  return new Date(utc.getTime() - (there - utc.getTime())).toISOString()
}

/** The question to the server; the last day counts whole. */
export const queryOf = (words: AuditWords, timeZone: string): AuditQuery => {
  const after = (day: string): string => new Date(new Date(startOfDay(day, timeZone)).getTime() + DAY_MS).toISOString()
  const { since, until, ...rest } = words
  const asked: AuditQuery = { ...rest, since: since && startOfDay(since, timeZone), until: until && after(until) }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value))
}
