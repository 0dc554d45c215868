import { fieldSentence } from '@/kit/sentence'
import type { useText } from '@/kernel/i18n'
import type { Missing } from '../reportDraft'

type Say = ReturnType<typeof useText>['t']
type Field = Missing | 'staff_ids' | 'reader_ids' | 'holding_ids' | 'contact_id'
const FIELDS: readonly Field[] = ['purpose', 'met_on', 'met_time', 'said', 'guests', 'steps', 'staff_ids', 'reader_ids', 'holding_ids', 'contact_id']

/** A sentence at each field that is missing, or that the server named. */
export const wrongIn = (found: readonly Missing[] | unknown, t: Say): Partial<Record<Field, string>> => {
  if (Array.isArray(found)) return Object.fromEntries((found as Missing[]).map((field) => [field, t(`reports.need.${field}`)]))
  return Object.fromEntries(FIELDS.flatMap((field) => {
    const sentence = fieldSentence(found, field)
    return sentence === undefined ? [] : [[field, sentence]]
  }))
}
