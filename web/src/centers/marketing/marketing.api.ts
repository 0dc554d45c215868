import type { components } from '@/generated/api'
import { get, post, put } from '@/kernel/http'

export type Opportunity = components['schemas']['OpportunityView']
export type OpportunityLine = components['schemas']['OpportunityLine']
export type OpportunityStatus = components['schemas']['ShownStatus']
export type RuleCode = components['schemas']['RuleCode']
export type Contact = Opportunity['contacts'][number]
export type Channel = components['schemas']['Channel']
export type Outcome = components['schemas']['ContactOutcome']
export type ServerDraft = components['schemas']['DraftView']
export type Reservation = components['schemas']['ReservationView']
export type Results = components['schemas']['BoardView']
export type Result = components['schemas']['ResultView']
/** An opportunity as it stands on a customer's page. */
export type PartLine = components['schemas']['PartLineView']
type OpportunityList = components['schemas']['OpportunityPage']

/** What one writes down about a contact; kept as a draft until it is one. */
export type ContactDraft = {
  channel: Channel
  outcome: Outcome | null
  note: string
  next_on: string | null
  reservation_id: string | null
}

const ROOM = '/api/marketing/v1'
const one = (id: string): string => `${ROOM}/opportunities/${encodeURIComponent(id)}`

export const listOpportunities = (status: OpportunityStatus, rule: RuleCode | undefined, after: string | undefined) =>
  get<OpportunityList>(`${ROOM}/opportunities`, { status, rule, after })
export const getOpportunity = (id: string) => get<Opportunity>(one(id))
/** The id is made here: asking again with it answers the same reservation. */
export const reserve = (id: string, channel: Channel, reservationId: string) =>
  post<Reservation>(`${one(id)}/reservations`, { id: reservationId, channel })
export const getDraft = (id: string) => get<ServerDraft>(`${one(id)}/draft`)
export const putDraft = (id: string, draft: ContactDraft, version: number) => put<ServerDraft>(`${one(id)}/draft`, draft, { version })
export const contactsPath = (id: string): string => `${one(id)}/contacts`
export const getResults = (from: string | undefined, to: string | undefined) => get<Results>(`${ROOM}/results`, { from, to })
