import { say, sayIfKnown } from '@/kernel/i18n'
import { Problem, Unreachable } from '@/kernel/problem'

/** What went wrong in words for staff: by code, else the server's own title with its reference number. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof Unreachable) return say('problems.unreachable')
  if (!(error instanceof Problem)) return say('problems.unexpected')
  const known = sayIfKnown(`problems.${error.code}`)
  if (known) return known
  return error.reference ? `${error.message} (${say('common.reference', { reference: error.reference })})` : error.message
}

/** The words for one field's error; undefined when the server did not name the field. */
export const fieldSentence = (error: unknown, field: string): string | undefined => {
  const code = error instanceof Problem ? error.fieldCode(field) : undefined
  return code === undefined ? undefined : (sayIfKnown(`problems.field.${code}`) ?? say('problems.field.invalid'))
}
