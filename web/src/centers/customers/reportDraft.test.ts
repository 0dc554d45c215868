import { expect, test } from 'vitest'
import { begunBy, handedIn, missingIn, withPurpose, writtenOf } from './reportDraft'
import type { Report } from './report.api'

const me = { id: 7, name: '林晓' }
const begun = begunBy(me, '2026-11-20', '09:30')
const TEMPLATES = [
  { purpose: 'visit' as const, text: { zh: '客户近况：\n', en: 'News:\n' } },
  { purpose: 'complaint' as const, text: { zh: '客户反映的问题：\n', en: 'Complaint:\n' } },
]

test('a report begins today, now, with oneself at the table', () => {
  expect([begun.met_on, begun.met_time, begun.staff_ids, begun.level]).toEqual(['2026-11-20', '09:30', [7], 'normal'])
  expect(missingIn(begun)).toEqual(['purpose', 'said'])
})

test('the words of a purpose never take the place of what somebody wrote', () => {
  const visit = withPurpose(begun, 'visit', TEMPLATES, 'zh')
  expect(visit.said).toBe('客户近况：\n')
  expect(withPurpose(visit, 'complaint', TEMPLATES, 'zh').said).toBe('客户反映的问题：\n')
  const written = { ...visit, said: '客户近况：\n打算买房' }
  expect(withPurpose(written, 'complaint', TEMPLATES, 'zh')).toMatchObject({ purpose: 'complaint', said: '客户近况：\n打算买房' })
  expect(withPurpose(begun, 'visit', TEMPLATES, 'en').said).toBe('News:\n')
})

test('a guest without a name and a step without a day are asked for', () => {
  const half = { ...begun, purpose: 'visit' as const, said: 'x', guests: [{ name: ' ', function: '' }], steps: [{ what: '回访', staff_id: 7, due_on: null }] }
  expect(missingIn(half)).toEqual(['guests', 'steps'])
})

test('readers go along with what is private only', () => {
  const written = { ...begun, reader_ids: [9] }
  expect(handedIn(written).reader_ids).toEqual([])
  expect(handedIn({ ...written, level: 'private' }).reader_ids).toEqual([9])
})

test('an amendment begins with what the report says, without its next steps', () => {
  const report = { channel: 'call', met_on: '2026-11-18', met_time: '10:00', place: '', purpose: 'visit', level: 'private', said: '原文', staff: [me], readers: [{ id: 9, name: '王行' }], guests: [], accounts: [{ id: 3 }], steps: [{ number: 1 }] } as unknown as Report
  expect(writtenOf(report)).toMatchObject({ said: '原文', reader_ids: [9], holding_ids: [3], steps: [], people: [me, { id: 9, name: '王行' }] })
})
