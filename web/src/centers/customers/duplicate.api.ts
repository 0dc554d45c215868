import type { components } from '@/generated/api'
import { get, post } from '@/kernel/http'

type Schemas = components['schemas']
export type Duplicate = Schemas['DuplicateView']
export type Comparison = Schemas['ComparisonView']
export type Side = Schemas['SideView']
export type MergeLine = Schemas['MergeView']
export type MergeWish = Schemas['MergeBody']

const ROOM = '/api/customers/v1'
const customer = (id: string): string => `${ROOM}/customers/${encodeURIComponent(id)}`

export const listDuplicates = (after: string | undefined) => get<Schemas['DuplicatePage']>(`${ROOM}/duplicates`, { after })
export const findDuplicates = (id: string) => get<Schemas['DuplicatesView']>(`${customer(id)}/duplicates`)
export const compare = (one: string, other: string) => get<Comparison>(`${customer(one)}/comparison`, { other_id: other })
/** Saying the same twice changes nothing. */
export const declareDifferent = (body: Schemas['DifferentBody']) => post<void>(`${ROOM}/duplicates/dismissals`, body)
export const listMerges = (after: string | undefined) => get<Schemas['MergePage']>(`${ROOM}/merges`, { after })
export const merge = (body: MergeWish, key: string) => post<Schemas['MergeRef']>(`${ROOM}/merges`, body, { key })
export const undoMerge = (id: string, reason: string, key: string) => post<void>(`${ROOM}/merges/${encodeURIComponent(id)}/undo`, { reason }, { key })
