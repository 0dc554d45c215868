import { useDraft, type Draft, type Saved } from '@/kernel/drafts'
import { useSession } from '@/kernel/session'
import { getDraft, putDraft, type ContactDraft, type ServerDraft } from './marketing.api'

const EMPTY: ContactDraft = { channel: 'call', outcome: null, note: '', next_on: null, reservation_id: null }

export const fromServer = (draft: ServerDraft): Saved<ContactDraft> => ({
  value: {
    channel: draft.channel ?? EMPTY.channel,
    outcome: draft.outcome ?? null,
    note: draft.note ?? '',
    next_on: draft.next_on ?? null,
    reservation_id: draft.reservation_id ?? null,
  },
  version: draft.version,
  savedAt: draft.saved_at ?? null,
})

const isServerDraft = (value: unknown): value is ServerDraft =>
  typeof value === 'object' && value !== null && typeof (value as { version?: unknown }).version === 'number'

/** Both notes, one under the other; a note that contains the other stands alone. */
export const mergedNotes = (mine: string, theirs: string): string => {
  if (mine.includes(theirs)) return mine
  return theirs.includes(mine) ? theirs : `${mine}\n${theirs}`
}

export const useContactDraft = (opportunityId: string): Draft<ContactDraft> =>
  useDraft<ContactDraft>({
    storageKey: `haoyou.draft.${useSession().me?.staff.id ?? 0}.opportunity.${opportunityId}`,
    empty: EMPTY,
    load: async () => fromServer(await getDraft(opportunityId)),
    save: async (value, version) => fromServer(await putDraft(opportunityId, value, version)),
    theirsIn: (problem) => (isServerDraft(problem.body.current) ? fromServer(problem.body.current) : undefined),
  })
