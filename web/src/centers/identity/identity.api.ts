import type { components } from '@/generated/api'
import { get, post, remove } from '@/kernel/http'
import type { Me } from '@/kernel/session'

export type { Me }
export type Post = components['schemas']['PostView']
export type Session = components['schemas']['SessionView']
export type Institution = components['schemas']['InstitutionView']
export type Staff = components['schemas']['StaffView']
type StaffPage = components['schemas']['StaffPage']

const ROOM = '/api/identity/v1'

export const signIn = (login: string, password: string) => post<Me>(`${ROOM}/sign-in`, { login, password })
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
