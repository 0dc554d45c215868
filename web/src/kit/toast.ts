import { Notify } from 'quasar'
import { sentenceOf } from './sentence'

const SHORT_MS = 4_000
const WITH_ACTION_MS = 8_000

/** A short word that something happened, with at most one thing to do about it. */
export const toast = (message: string, action?: { label: string; run: () => void }): void => {
  Notify.create({
    message,
    position: 'bottom',
    timeout: action ? WITH_ACTION_MS : SHORT_MS,
    attrs: { role: 'status' },
    actions: action ? [{ label: action.label, noCaps: true, flat: true, handler: action.run }] : [],
  })
}

export const toastProblem = (error: unknown): void => {
  Notify.create({ message: sentenceOf(error), position: 'bottom', timeout: WITH_ACTION_MS, attrs: { role: 'alert' } })
}
