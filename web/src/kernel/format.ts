import { computed } from 'vue'
import type { components } from '@/generated/api'
import { language } from './i18n'
import { useSession } from './session'

export type Money = components['schemas']['MoneyView']
export type Locale = 'zh-CN' | 'en-GB'

const formatters = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()
const remembered = <T extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => T): T => {
  const known = formatters.get(name) as T | undefined
  if (known) return known
  const made = make()
  formatters.set(name, made)
  return made
}

const MINOR_DIGITS = 2
const MINOR_PER_UNIT = 10 ** MINOR_DIGITS
/** Below this a short form would hide more than it saves. */
const SHORT_FROM_UNITS = 10_000

const numberFormat = (locale: Locale, options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  remembered(`n${locale}${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options))
const dateFormat = (locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  remembered(`d${locale}${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options))

/** The exact amount to its last minor unit, as text first so that no digit is lost to a float. */
export const formatMoney = (money: Money, locale: Locale): string => {
  const sign = money.minor < 0 ? '-' : ''
  const digits = String(Math.abs(money.minor)).padStart(MINOR_DIGITS + 1, '0')
  const exact = `${sign}${digits.slice(0, -MINOR_DIGITS)}.${digits.slice(-MINOR_DIGITS)}`
  const format = numberFormat(locale, {
    style: 'currency',
    currency: money.currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: MINOR_DIGITS,
  })
  return format.format(exact as Intl.StringNumericLiteral)
}

/** The short form of lists: 万 and 亿 in Chinese, K, M and B in English; small amounts stay exact. */
export const formatMoneyShort = (money: Money, locale: Locale): string => {
  const units = money.minor / MINOR_PER_UNIT
  if (Math.abs(units) < SHORT_FROM_UNITS) return formatMoney(money, locale)
  return numberFormat(locale, {
    style: 'currency',
    currency: money.currency,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    maximumFractionDigits: 2,
    maximumSignificantDigits: 4,
    roundingPriority: 'lessPrecision',
  }).format(units)
}

const dayOf = (isoDate: string): Date => new Date(`${isoDate}T00:00:00Z`)

const WEEKDAYS: Record<Locale, readonly string[]> = {
  'zh-CN': ['日', '一', '二', '三', '四', '五', '六'],
  'en-GB': ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
}
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const SHORT_WORD = 3

/** The pieces of a bank date. Put together by hand: a browser's first formatter of dates costs a phone a tenth of a second. */
const partsOf = (isoDate: string, locale: Locale) => {
  const date = dayOf(isoDate)
  const [year, month, day] = isoDate.split('-') as [string, string, string]
  return { year, month, day, ofMonth: date.getUTCDate(), monthOf: date.getUTCMonth(), weekday: WEEKDAYS[locale][date.getUTCDay()] ?? '' }
}

/** A bank date has no time and no zone: no zone moves it. */
export const formatDate = (isoDate: string, locale: Locale, style: 'short' | 'full' = 'short'): string => {
  const { year, month, day, ofMonth, monthOf, weekday } = partsOf(isoDate, locale)
  if (locale === 'zh-CN') return style === 'full' ? `${year}年${monthOf + 1}月${ofMonth}日星期${weekday}` : `${year}/${month}/${day}`
  return style === 'full' ? `${weekday} ${ofMonth} ${MONTHS[monthOf] ?? ''} ${year}` : `${day}/${month}/${year}`
}

/** Month and day, with the weekday: enough for what is near. */
export const formatDay = (isoDate: string, locale: Locale): string => {
  const { ofMonth, monthOf, weekday } = partsOf(isoDate, locale)
  if (locale === 'zh-CN') return `${monthOf + 1}月${ofMonth}日周${weekday}`
  return `${weekday.slice(0, SHORT_WORD)} ${ofMonth} ${(MONTHS[monthOf] ?? '').slice(0, SHORT_WORD)}`
}

export const formatInstant = (iso: string, locale: Locale, timeZone: string): string =>
  dateFormat(locale, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(iso))

export const formatInstantLong = (iso: string, locale: Locale, timeZone: string): string =>
  dateFormat(locale, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  }).format(new Date(iso))

/** A bank's day, with the time of day where the clock was on that day as well: a house may live its days faster. */
export const formatMoment = (isoDate: string, iso: string, locale: Locale, timeZone: string): string =>
  formatDate(isoDate, locale) === formatInstantDate(iso, locale, timeZone) ? formatInstantLong(iso, locale, timeZone) : formatDate(isoDate, locale)

const formatInstantDate = (iso: string, locale: Locale, timeZone: string): string =>
  dateFormat(locale, { year: 'numeric', month: '2-digit', day: '2-digit', timeZone }).format(new Date(iso))

export const formatTime = (iso: string, locale: Locale, timeZone: string): string =>
  dateFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone }).format(new Date(iso))

const DAY_MS = 86_400_000

/** Whole days from one bank date to another; negative when `to` lies before `from`. */
export const daysBetween = (from: string, to: string): number => Math.round((dayOf(to).getTime() - dayOf(from).getTime()) / DAY_MS)

export const addDays = (isoDate: string, days: number): string =>
  new Date(dayOf(isoDate).getTime() + days * DAY_MS).toISOString().slice(0, 10)

export const formatNumber = (value: number, locale: Locale): string => numberFormat(locale, {}).format(value)

/** `of` nothing is no rate at all, not nought per cent. */
export const formatRate = (won: number, of: number, locale: Locale): string =>
  of === 0 ? '—' : numberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(won / of)

const BPS_PER_WHOLE = 10_000
export const formatShare = (bps: number, locale: Locale): string =>
  numberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(bps / BPS_PER_WHOLE)

/** Masks a number the app holds in clear (the server masks what it sends). */
export const maskPhone = (phone: string): string => {
  const digits = phone.replace(/\s/g, '')
  return digits.length < 8 ? '****' : `${digits.slice(0, -8)}****${digits.slice(-4)}`
}

/** Groups the digits of a number that is to be read aloud or dialled. */
export const spacedPhone = (phone: string): string => {
  const match = /^(\+86)?(1\d{2})(\d{4})(\d{4})$/.exec(phone.replace(/\s/g, ''))
  if (!match) return phone
  return [match[1], match[2], match[3], match[4]].filter(Boolean).join(' ')
}

/** The formats of the signed-in reader: language, time zone of the bank, business date. */
export const useFormat = () => {
  const session = useSession()
  const locale = computed<Locale>(() => (language.value === 'en' ? 'en-GB' : 'zh-CN'))
  const zone = computed(() => session.me?.time_zone ?? 'Asia/Shanghai')
  return {
    money: (money: Money) => formatMoney(money, locale.value),
    moneyShort: (money: Money) => formatMoneyShort(money, locale.value),
    date: (isoDate: string) => formatDate(isoDate, locale.value),
    day: (isoDate: string) => formatDay(isoDate, locale.value),
    dateFull: (isoDate: string) => formatDate(isoDate, locale.value, 'full'),
    instant: (iso: string) => formatInstant(iso, locale.value, zone.value),
    instantLong: (iso: string) => formatInstantLong(iso, locale.value, zone.value),
    moment: (isoDate: string, iso: string) => formatMoment(isoDate, iso, locale.value, zone.value),
    time: (iso: string) => formatTime(iso, locale.value, zone.value),
    number: (value: number) => formatNumber(value, locale.value),
    rate: (won: number, of: number) => formatRate(won, of, locale.value),
    share: (bps: number) => formatShare(bps, locale.value),
    /** Days from the bank's business date; the clock on the device has no say. */
    daysFromToday: (isoDate: string) => (session.me ? daysBetween(session.me.business_date, isoDate) : 0),
    addDays,
  }
}
