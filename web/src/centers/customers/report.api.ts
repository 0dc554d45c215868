import type { components } from '@/generated/api'
import { get, post, put, remove } from '@/kernel/http'
import { Problem } from '@/kernel/problem'

type Schemas = components['schemas']
export type Report = Schemas['ReportView']
export type ReportLine = Schemas['ReportLine']
export type ReportForm = Schemas['ReportFormView']
export type Purpose = Schemas['Purpose']
export type Level = Schemas['Level']
export type Colleague = Schemas['ColleagueView']
export type ServerDraft = Schemas['ReportDraftView']
export type Filing = Schemas['FilingBody']
export type Amendment = Schemas['AmendmentBody']
export type DraftBody = Schemas['ReportDraftBody']
export type Guest = Schemas['DraftGuest']
export type Step = Schemas['DraftStep']

const ROOM = '/api/customers/v1'
const customer = (id: string): string => `${ROOM}/customers/${encodeURIComponent(id)}`
const draft = (id: string): string => `${ROOM}/report-drafts/${encodeURIComponent(id)}`
const one = (id: string): string => `${ROOM}/reports/${encodeURIComponent(id)}`

export const listReports = (customerId: string, after: string | undefined) => get<Schemas['ReportPage']>(`${customer(customerId)}/reports`, { after })
/** What the reader wrote or is named in, whoever the customer is. */
export const listMyReports = (after: string | undefined) => get<Schemas['ReportPage']>(`${ROOM}/reports`, { after })
export const getReport = (id: string) => get<Report>(one(id))
export const getForm = (customerId: string) => get<ReportForm>(`${customer(customerId)}/report-form`)
export const findColleagues = (q: string, signal?: AbortSignal) => get<Schemas['ColleaguesView']>(`${ROOM}/colleagues`, { q }, signal)

/** A report that nobody has begun is no draft yet. */
export const findDraft = async (id: string): Promise<ServerDraft | undefined> => {
  try {
    return await get<ServerDraft>(draft(id))
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return undefined
    throw error
  }
}
export const putDraft = (customerId: string, id: string, body: DraftBody, version: number) =>
  put<ServerDraft>(`${customer(customerId)}/report-drafts/${encodeURIComponent(id)}`, body, { version })
export const dropDraft = (id: string) => remove(draft(id))
export const fileReport = (id: string, body: Filing, key: string) => post<Schemas['FiledView']>(`${draft(id)}/file`, body, { key })
export const amendReport = (id: string, body: Amendment, key: string) => post<Schemas['FiledView']>(`${one(id)}/amendments`, body, { key })
export const withdrawReport = (id: string, reason: string, key: string) => post<void>(`${one(id)}/withdraw`, { reason }, { key })
export const finishStep = (id: string, number: number) => post<void>(`${one(id)}/steps/${number}/done`, {})
