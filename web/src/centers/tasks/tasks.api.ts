import type { components } from '@/generated/api'
import { get } from '@/kernel/http'

export type Task = components['schemas']['TaskView']
export type Today = components['schemas']['TodayView']
export type TaskFilter = {
  status: components['schemas']['TaskStatus']
  due?: components['schemas']['Due']
  /** The whole team: everything in my scope, with whose it is. */
  assignee?: components['schemas']['Whose']
  q?: string
}
/** A to-do as it stands on a customer's page. */
export type PartLine = components['schemas']['PartLineView']
type TaskList = components['schemas']['TaskPage']

const ROOM = '/api/tasks/v1'

export const getToday = () => get<Today>(`${ROOM}/today`)
export const listTasks = (filter: TaskFilter, after: string | undefined, signal?: AbortSignal) =>
  get<TaskList>(`${ROOM}/tasks`, { ...filter, after }, signal)
export const getTask = (id: string) => get<Task>(`${ROOM}/tasks/${encodeURIComponent(id)}`)

/** Writes go through the outbox, which needs only to know where to. */
export const paths = {
  create: `${ROOM}/tasks`,
  close: (id: string) => `${ROOM}/tasks/${encodeURIComponent(id)}/close`,
  reopen: (id: string) => `${ROOM}/tasks/${encodeURIComponent(id)}/reopen`,
}
