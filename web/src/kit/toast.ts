import { ref } from 'vue'
import { sentenceOf } from './sentence'

export type Toast = { id: number; message: string; bad: boolean; action?: { label: string; run: () => void } }

const SHORT_MS = 4_000
const WITH_ACTION_MS = 8_000
/** The newest few; older words have been read or never will be. */
const SHOWN_MAX = 3

export const toasts = ref<Toast[]>([])
let last = 0

export const dropToast = (id: number): void => {
  toasts.value = toasts.value.filter((one) => one.id !== id)
}

const show = (made: Omit<Toast, 'id'>, for_ms: number): void => {
  last += 1
  const id = last
  toasts.value = [...toasts.value, { ...made, id }].slice(-SHOWN_MAX)
  setTimeout(() => dropToast(id), for_ms)
}

/** A short word that something happened, with at most one thing to do about it. */
export const toast = (message: string, action?: Toast['action']): void => show({ message, action, bad: false }, action ? WITH_ACTION_MS : SHORT_MS)

export const toastProblem = (error: unknown): void => show({ message: sentenceOf(error), bad: true }, WITH_ACTION_MS)
