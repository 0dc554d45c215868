import type { components } from '@/generated/api'
import { get, post } from '@/kernel/http'

type Schemas = components['schemas']
export type HistoryLine = Schemas['HistoryLine']
export type Decision = Schemas['DecisionBody']
export type Receiver = Schemas['ReceiverView']
export type MoveWish = Schemas['MoveWish']
export type MovePreview = Schemas['MovePreview']
export type MoveLine = Schemas['MoveLine']
export type Move = Schemas['MoveView']
export type MoveItem = Schemas['MoveItemView']
export type Pooled = Schemas['PooledView']

const ROOM = '/api/customers/v1'
const customer = (id: string): string => `${ROOM}/customers/${encodeURIComponent(id)}`
const move = (id: string): string => `${ROOM}/moves/${encodeURIComponent(id)}`

export const getHistory = (id: string) => get<Schemas['HistoryView']>(`${customer(id)}/assignments`)
export const decide = (id: string, body: Decision, key: string) => post<void>(`${customer(id)}/assignments`, body, { key })
export const listReceivers = () => get<Schemas['ReceiversView']>(`${ROOM}/receivers`)

/** What would happen; nothing does. `seen` of the answer goes with the confirmation. */
export const previewMove = (wish: MoveWish) => post<MovePreview>(`${ROOM}/move-previews`, wish)
export const makeMove = (wish: MoveWish, seen: string, reason: string, key: string) =>
  post<Schemas['MoveRef']>(`${ROOM}/moves`, { ...wish, seen, reason }, { key })
export const listMoves = (after: string | undefined) => get<Schemas['MovePage']>(`${ROOM}/moves`, { after })
export const getMove = (id: string) => get<Move>(move(id))
export const listMoveItems = (id: string, after: string | undefined) => get<Schemas['MoveItemPage']>(`${move(id)}/items`, { after })
export const undoMove = (id: string, key: string) => post<void>(`${move(id)}/undo`, {}, { key })

export const listPool = (after: string | undefined) => get<Schemas['PoolPage']>(`${ROOM}/pool`, { after })
export const claimCustomer = (id: string, key: string) => post<void>(`${ROOM}/pool/${encodeURIComponent(id)}/claim`, {}, { key })
export const releaseCustomer = (id: string, reason: string, key: string) => post<void>(`${customer(id)}/release`, { reason }, { key })
