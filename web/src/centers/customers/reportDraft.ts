import { useDraft, type Draft, type Saved } from '@/kernel/drafts'
import { useSession } from '@/kernel/session'
import { findDraft, putDraft, type DraftBody, type Purpose, type Report, type ReportForm, type ServerDraft } from './report.api'

/** Everything there is to write down, with nothing left out: what is not said is empty. */
export type Written = Required<DraftBody>

const EMPTY: Written = {
  channel: 'visit', met_on: null, met_time: null, place: '', purpose: null, staff_ids: [], guests: [], holding_ids: [],
  said: '', level: 'normal', reader_ids: [], contact_id: null, steps: [], people: [],
}

/** An empty report of today, now, by oneself. */
export const begunBy = (me: { id: number; name: string }, today: string, now: string): Written => ({
  ...EMPTY, met_on: today, met_time: now, staff_ids: [me.id], people: [me],
})

const fromServer = (draft: ServerDraft): Saved<Written> => ({ value: { ...EMPTY, ...draft.body }, version: draft.version, savedAt: draft.saved_at })

const isServerDraft = (value: unknown): value is ServerDraft =>
  typeof value === 'object' && value !== null && typeof (value as { version?: unknown }).version === 'number' && 'body' in value

export const useReportDraft = (customerId: string, reportId: string, empty: Written): Draft<Written> =>
  useDraft<Written>({
    storageKey: `haoyou.draft.${useSession().me?.staff.id ?? 0}.report.${reportId}`,
    empty,
    load: async () => {
      const kept = await findDraft(reportId)
      return kept ? fromServer(kept) : { value: empty, version: 0, savedAt: null }
    },
    save: async (value, version) => fromServer(await putDraft(customerId, reportId, value, version)),
    theirsIn: (problem) => (isServerDraft(problem.body.current) ? fromServer(problem.body.current) : undefined),
  })

/** What a filed report says, to be said anew. */
export const writtenOf = (report: Report): Written => ({
  ...EMPTY,
  channel: report.channel,
  met_on: report.met_on,
  met_time: report.met_time,
  place: report.place,
  purpose: report.purpose,
  staff_ids: report.staff.map((one) => one.id),
  guests: report.guests.map((one) => ({ ...one })),
  holding_ids: report.accounts.map((one) => one.id),
  said: report.said,
  level: report.level,
  reader_ids: report.level === 'private' ? report.readers.map((one) => one.id) : [],
  people: [...report.staff, ...report.readers],
})

/** The words a purpose begins with take the place of no words, or of another purpose's words, and of nothing else. */
export const withPurpose = (written: Written, purpose: Purpose, templates: ReportForm['templates'], language: string): Written => {
  const wordsOf = (one: ReportForm['templates'][number]): string => ((language === 'en' ? one.text.en : undefined) ?? one.text.zh)
  const untouched = written.said.trim() === '' || templates.some((one) => wordsOf(one).trim() === written.said.trim())
  const template = templates.find((one) => one.purpose === purpose)
  return { ...written, purpose, said: untouched && template ? wordsOf(template) : written.said }
}

export type Missing = 'purpose' | 'met_on' | 'met_time' | 'said' | 'guests' | 'steps'

/** What must still be filled in before it can be handed in. */
export const missingIn = (written: Written): Missing[] => {
  const missing: Missing[] = []
  if (!written.purpose) missing.push('purpose')
  if (!written.met_on) missing.push('met_on')
  if (!written.met_time) missing.push('met_time')
  if (written.said.trim() === '') missing.push('said')
  if (written.guests.some((one) => (one.name ?? '').trim() === '')) missing.push('guests')
  if (written.steps.some((one) => (one.what ?? '').trim() === '' || !one.staff_id || !one.due_on)) missing.push('steps')
  return missing
}

/** What is handed in; ask `missingIn` first. */
export const handedIn = (written: Written) => ({
  channel: written.channel ?? ('visit' as const),
  met_on: written.met_on ?? '',
  met_time: written.met_time ?? '',
  place: written.place,
  purpose: written.purpose ?? ('other' as const),
  staff_ids: written.staff_ids,
  guests: written.guests.map((one) => ({ name: one.name ?? '', function: one.function ?? '', customer_id: one.customer_id ?? null })),
  holding_ids: written.holding_ids,
  said: written.said,
  reader_ids: written.level === 'private' ? written.reader_ids : [],
  steps: written.steps.map((one) => ({ what: one.what ?? '', staff_id: one.staff_id ?? 0, due_on: one.due_on ?? '' })),
})
