import { say, sayIfKnown } from '@/kernel/i18n'
import { Problem } from '@/kernel/problem'

/** Why the house said no to a contact, and from when it would say yes. */
export const refusalOf = (error: unknown): { reason: string; allowedAt: string | undefined } | undefined => {
  if (!(error instanceof Problem) || error.code !== 'customers.contact_refused') return undefined
  return {
    reason: sayIfKnown(`marketing.reason.${error.text('reason') ?? 'other'}`) ?? say('marketing.reason.other'),
    allowedAt: error.text('next_allowed_at'),
  }
}
