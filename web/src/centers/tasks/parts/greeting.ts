import type { MessageKey } from '@/kernel/i18n'

/** Which greeting fits the hour where the bank is; `bankTime` as the session tells it. */
export const greetingAt = (bankTime: string): MessageKey => {
  const hour = Number(bankTime.slice(11, 13))
  if (hour < 11) return 'tasks.morning'
  if (hour < 13) return 'tasks.noon'
  return hour < 18 ? 'tasks.afternoon' : 'tasks.evening'
}
