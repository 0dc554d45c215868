import type { components } from '@/generated/api'
import { get, put } from '@/kernel/http'

type Schemas = components['schemas']
export type Import = Schemas['ImportView']
export type ImportDetail = Schemas['ImportDetail']
export type DatasetDetail = Schemas['DatasetDetail']
export type GroupTotal = Schemas['GroupTotalView']
export type Source = Schemas['SourceView']
export type SourceDataset = Schemas['SourceDataset']
export type SourceBody = Schemas['SourceBody']
export type Dataset = 'institutions' | 'staff' | 'products' | 'rates' | 'customers' | 'relationships' | 'assignments'
  | 'accounts' | 'deposits' | 'loans' | 'cards' | 'balances' | 'transactions'

const ROOM = '/api/backoffice/v1'
const one = (id: string): string => `${ROOM}/imports/${encodeURIComponent(id)}`

export const listImports = (after: string | undefined) => get<Schemas['ImportPage']>(`${ROOM}/imports`, { after })
export const getImport = (id: string) => get<ImportDetail>(one(id))
/** Where the browser fetches the rows set aside; why they are wanted goes along and is kept. */
export const rejectedPath = (id: string, dataset: string, reason: string): string =>
  `${one(id)}/rejected/${encodeURIComponent(dataset)}?${new URLSearchParams({ reason })}`
export const listSources = () => get<Schemas['SourceList']>(`${ROOM}/sources`)
export const saveSource = (code: string, body: SourceBody, version: number) =>
  put<Schemas['SavedSource']>(`${ROOM}/sources/${encodeURIComponent(code)}`, body, { version })
