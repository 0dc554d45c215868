import { expect, test } from 'vitest'
import { addDays, daysBetween, formatDate, formatDay, formatMoney, formatMoneyShort, formatRate, formatShare, formatInstant, formatMoment, maskPhone, spacedPhone } from './format'

const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ')
const cny = (minor: number) => ({ minor, currency: 'CNY' })

test.each([
  [123_456_780, '¥1,234,567.80'],
  [0, '¥0.00'],
  [5, '¥0.05'],
  [-123_456, '-¥1,234.56'],
  [900_719_925_474_099_1, '¥90,071,992,547,409.91'],
])('exact money keeps every digit: %i', (minor, words) => {
  expect(formatMoney(cny(minor), 'zh-CN')).toBe(words)
})

test.each([
  [999_999, '¥9,999.99', '¥9,999.99'],
  [1_234_500, '¥1.23万', '¥12.35K'],
  [13_830_000_000_000, '¥1383亿', '¥138.3BN'],
  [-56_789_000, '-¥56.79万', '-¥567.9K'],
])('short money in lists: %i', (minor, zh, en) => {
  expect(formatMoneyShort(cny(minor), 'zh-CN')).toBe(zh)
  expect(formatMoneyShort(cny(minor), 'en-GB').toUpperCase()).toBe(en)
})

test('another currency keeps its own sign', () => {
  expect(plain(formatMoney({ minor: 123_456, currency: 'CZK' }, 'zh-CN'))).toBe('Kč 1,234.56')
})

test('a bank date is moved by no time zone', () => {
  expect(formatDate('2026-11-20', 'zh-CN')).toBe('2026/11/20')
  expect(formatDate('2026-11-20', 'zh-CN', 'full')).toBe('2026年11月20日星期五')
  expect(formatDate('2026-01-01', 'en-GB')).toBe('01/01/2026')
  expect(formatDate('2026-01-01', 'en-GB', 'full')).toBe('Thursday 1 January 2026')
  expect(formatDay('2026-09-06', 'zh-CN')).toBe('9月6日周日')
  expect(formatDay('2026-09-06', 'en-GB')).toBe('Sun 6 Sep')
})

test('an instant is told in the time of the bank', () => {
  expect(formatInstant('2026-11-20T16:30:00Z', 'zh-CN', 'Asia/Shanghai')).toBe('11/21 00:30')
})

test.each([
  ['2026-11-21', '2026/11/21 00:30'],
  ['2026-11-05', '2026/11/05'],
])('a moment is told by the bank’s day %s, with the time only where the clock was on that day', (bankDay, words) => {
  expect(formatMoment(bankDay, '2026-11-20T16:30:00Z', 'zh-CN', 'Asia/Shanghai')).toBe(words)
})

test('days are counted between bank dates, over the end of a month and a year', () => {
  expect(daysBetween('2026-12-30', '2027-01-02')).toBe(3)
  expect(daysBetween('2026-11-20', '2026-11-18')).toBe(-2)
  expect(addDays('2026-02-27', 3)).toBe('2026-03-02')
})

test('a rate of nothing is no rate', () => {
  expect(formatRate(0, 0, 'zh-CN')).toBe('—')
  expect(formatRate(0, 8, 'zh-CN')).toBe('0%')
  expect(formatRate(345, 731, 'zh-CN')).toBe('47.2%')
  expect(formatShare(5_850, 'zh-CN')).toBe('58.5%')
})

test('phone numbers are masked by default and spaced to be dialled', () => {
  expect(maskPhone('13877120199')).toBe('138****0199')
  expect(maskPhone('1234')).toBe('****')
  expect(spacedPhone('+8613877120199')).toBe('+86 138 7712 0199')
  expect(spacedPhone('0771-5521')).toBe('0771-5521')
})
