import { useFormat } from '@/kernel/format'
import { useText } from '@/kernel/i18n'

/** Within this many days the year says nothing. */
const NEAR_DAYS = 60

/** How far a bank date is from the business date, in words. */
export const useDayWords = () => {
  const { t } = useText()
  const format = useFormat()
  const dueWords = (date: string): string => {
    const days = format.daysFromToday(date)
    if (days < 0) return t('common.overdueDays', {}, -days)
    if (days === 0) return t('common.dueToday')
    if (days === 1) return t('common.dueTomorrow')
    return t('common.dueOn', { date: days <= NEAR_DAYS ? format.day(date) : format.date(date) })
  }
  const dueTone = (date: string): 'bad' | 'accent' | 'plain' => {
    const days = format.daysFromToday(date)
    return days < 0 ? 'bad' : days === 0 ? 'accent' : 'plain'
  }
  const agoWords = (date: string): string => {
    const days = -format.daysFromToday(date)
    if (days === 0) return t('common.today')
    if (days === 1) return t('common.yesterday')
    return days > 1 && days <= 60 ? t('common.daysAgo', {}, days) : format.date(date)
  }
  return { dueWords, dueTone, agoWords }
}
