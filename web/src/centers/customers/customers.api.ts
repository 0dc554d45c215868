import type { components } from '@/generated/api'
import { download, get, post, put, remove } from '@/kernel/http'

export type CustomerCard = components['schemas']['CardView']
export type CustomerPage = components['schemas']['CustomerView']
export type Contact = CustomerPage['contacts'][number]
export type Channel = components['schemas']['Channel']
export type RevealField = components['schemas']['RevealBody']['field']
type WholeFilter = components['schemas']['CardFilter']
/** What narrows and orders the list; what is not said is as usual. */
export type CustomerFilter = Partial<WholeFilter>
export type SavedView = components['schemas']['SavedViewView']
export type ExportBody = Omit<components['schemas']['ExportBody'], 'filter'> & { filter: CustomerFilter }
export type ViewBody = Omit<components['schemas']['ViewBody'], 'filter'> & { filter: CustomerFilter }
export type Relations = components['schemas']['RelationsView']
export type RelationNode = Relations['nodes'][number]
export type RelationEdge = Relations['edges'][number]
export type Exposure = components['schemas']['ExposureView']
export type Positions = components['schemas']['PositionsView']
export type CustomerDocument = components['schemas']['DocumentView']
export type DocumentBody = components['schemas']['DocumentBody']
type CustomerList = components['schemas']['CardPage']

const ROOM = '/api/customers/v1'
const one = (id: string): string => `${ROOM}/customers/${encodeURIComponent(id)}`

export const listCustomers = (filter: CustomerFilter, after: string | undefined, signal?: AbortSignal) =>
  get<CustomerList>(`${ROOM}/customers`, { ...filter, after }, signal)
export const countExport = (filter: CustomerFilter, signal?: AbortSignal) => get<components['schemas']['ExportCountView']>(`${ROOM}/customers/export`, { ...filter }, signal)
export const exportCustomers = (body: ExportBody) => download(`${ROOM}/customers/export`, body)
export const listViews = () => get<components['schemas']['SavedViewsView']>(`${ROOM}/views`)
export const saveView = (id: string, body: ViewBody) => put<SavedView>(`${ROOM}/views/${encodeURIComponent(id)}`, body, { version: 0 })
export const noteUse = (id: string) => post<void>(`${ROOM}/views/${encodeURIComponent(id)}/uses`, {})
export const dropView = (id: string) => remove(`${ROOM}/views/${encodeURIComponent(id)}`)
export const listInstitutions = () => get<components['schemas']['InstitutionsView']>('/api/identity/v1/institutions')
export const searchCustomers = (q: string, signal?: AbortSignal) => get<components['schemas']['SearchView']>(`${ROOM}/search`, { q }, signal)
/** Those of these customers (at most 8) that are still within reach. */
export const listCards = (ids: readonly string[], signal?: AbortSignal) =>
  get<components['schemas']['SearchView']>(`${ROOM}/cards?${new URLSearchParams(ids.map((id) => ['ids', id]))}`, undefined, signal)
export const getCustomer = (id: string) => get<CustomerPage>(one(id))
export const listContacts = (id: string, after: string | undefined) => get<components['schemas']['ContactPage']>(`${one(id)}/contacts`, { after })
export const reveal = (id: string, field: RevealField, reason: string) =>
  post<components['schemas']['RevealView']>(`${one(id)}/reveal`, { field, reason })
/** Whether the customer agrees to be contacted this way. Saying the same twice changes nothing. */
export const setConsent = (id: string, channel: Channel, granted: boolean) => post<void>(`${one(id)}/consents`, { channel, granted })
/** The people and firms around a customer on a bank day; the bank's own day unless another is asked for. */
export const getRelations = (id: string, on: string | undefined) => get<Relations>(`${one(id)}/relations`, { on })
export const listPositions = (id: string) => get<Positions>(`${one(id)}/positions`)
export const listDocuments = (id: string) => get<components['schemas']['DocumentsView']>(`${one(id)}/documents`)
/** Staff have seen the document, or take back that they had. Saying the same twice changes nothing. */
export const setDocument = (id: string, kind: string, body: DocumentBody) => put<void>(`${one(id)}/documents/${encodeURIComponent(kind)}`, body)
