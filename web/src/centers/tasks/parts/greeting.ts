import type { MessageKey } from '@/kernel/i18n'

/** Which greeting fits the hour where the bank is. */
export const greetingAt = (now: Date, timeZone = 'Asia/Shanghai'): MessageKey => {
  const hour = Number(new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone }).format(now))
  if (hour < 11) return 'tasks.morning'
  if (hour < 13) return 'tasks.noon'
  return hour < 18 ? 'tasks.afternoon' : 'tasks.evening'
}
