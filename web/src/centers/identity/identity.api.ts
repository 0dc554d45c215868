import type { components } from '@/generated/api'
import { get, post, put, remove } from '@/kernel/http'
import type { Me } from '@/kernel/session'

export type { Me }
export type Post = components['schemas']['PostView']
export type Session = components['schemas']['SessionView']
export type Institution = components['schemas']['InstitutionView']
export type Staff = components['schemas']['StaffView']
export type Place = components['schemas']['PlaceView']
export type PlaceMove = components['schemas']['PlaceMoveView']
export type NewPlace = components['schemas']['PlaceBody']
export type Joiner = components['schemas']['JoinBody']
export type NewPost = components['schemas']['PostNewBody']
export type AuditRow = components['schemas']['AuditRowView']
export type AuditPage = components['schemas']['AuditPage']
export type Verdict = components['schemas']['VerdictView']
export type AuditQuery = { since?: string; until?: string; person?: string; operation?: string; about?: string; reason?: string }
type StaffPage = components['schemas']['StaffPage']

const ROOM = '/api/identity/v1'

export const signIn = (login: string, password: string) => post<Me>(`${ROOM}/sign-in`, { login, password })
export type Ways = components['schemas']['WaysView']
export type Returned = components['schemas']['ReturnBody']
export const listWays = () => get<Ways>(`${ROOM}/sign-in/ways`)
export const beginSignOn = (return_to: string) => post<components['schemas']['BegunView']>(`${ROOM}/sign-on/begin`, { return_to })
export const finishSignOn = (returned: Returned) => post<components['schemas']['EnteredView']>(`${ROOM}/sign-on/finish`, returned)
export const signOut = () => post<void>(`${ROOM}/sign-out`, {})
export const switchPost = (post_id: number) => post<Me>(`${ROOM}/post`, { post_id })
export const changePassword = (current: string, next: string) => post<void>(`${ROOM}/password`, { current, new: next })
export const listSessions = () => get<components['schemas']['SessionsView']>(`${ROOM}/sessions`)
export const endSession = (id: string) => remove(`${ROOM}/sessions/${encodeURIComponent(id)}`)
export const listInstitutions = () => get<components['schemas']['InstitutionsView']>(`${ROOM}/institutions`)
export const listStaff = (institution_id: number | undefined, after: string | undefined) =>
  get<StaffPage>(`${ROOM}/staff`, { institution_id, after })
export const letStaffLeave = (id: number, reason: string, key: string) => post<Staff>(`${ROOM}/staff/${id}/leave`, { reason }, { key })
export const moveStaff = (id: number, body: { post_id: number; institution_id: number }, key: string) =>
  post<Staff>(`${ROOM}/staff/${id}/move`, body, { key })

export const listPlaces = () => get<components['schemas']['PlacesView']>(`${ROOM}/places`)
export const addPlace = (body: NewPlace, key: string) => post<Place>(`${ROOM}/places`, body, { key })
export const renamePlace = (id: number, name: NewPlace['name']) => put<Place>(`${ROOM}/places/${id}/name`, { name })
export const closePlace = (id: number, key: string) => post<Place>(`${ROOM}/places/${id}/close`, {}, { key })
export const previewPlaceMove = (id: number, parent_id: number) => get<PlaceMove>(`${ROOM}/places/${id}/move`, { parent_id })
export const movePlace = (id: number, body: { parent_id: number; from_parent_id: number }, key: string) =>
  post<Place>(`${ROOM}/places/${id}/move`, body, { key })

export const listAudit = (query: AuditQuery, after: string | undefined) => get<AuditPage>(`${ROOM}/audit`, { ...query, after })
export const verifyAudit = (body: { since?: string; until?: string }) => post<Verdict>(`${ROOM}/audit/verify`, body)
export const auditFile = (query: AuditQuery): string => `${ROOM}/audit/export?${new URLSearchParams(query)}`

export const joinStaff = (body: Joiner) => post<components['schemas']['JoinedView']>(`${ROOM}/staff`, body)
export const addPost = (id: number, body: NewPost, key: string) => post<Staff>(`${ROOM}/staff/${id}/posts`, body, { key })
export const endPost = (id: number, post_id: number, key: string) => post<Staff>(`${ROOM}/staff/${id}/posts/${post_id}/end`, {}, { key })
export const listHoldings = (id: number) => get<components['schemas']['HeldThingsView']>(`${ROOM}/staff/${id}/holdings`)
export const resetPassword = (id: number) => post<components['schemas']['OneTimePassword']>(`${ROOM}/staff/${id}/password`, {})
export const lockStaff = (id: number, locked: boolean, reason: string) => put<Staff>(`${ROOM}/staff/${id}/lock`, { locked, reason })
