import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref } from 'vue'
import { newKey, mayTryAgain, post } from './http'
import { onBackOnline } from './network'
import { Problem } from './problem'
import { queryClient } from './queries'
import { useSession } from './session'

/** One write of the user on its way: kept on the device until the server has answered it. */
export type QueuedWrite = {
  key: string
  staffId: number
  path: string
  body: unknown
  /** What the user did, in their words, for the list of things still to be sent. */
  label: string
  queuedAt: string
  state: 'sending' | 'waiting' | 'refused'
  problem?: { code: string; title: string; reference: string }
  /** Cached answers this write makes stale. */
  stale: string[][]
}

export type WriteAnswer<T> = { sent: true; answer: T } | { sent: false }

const STORAGE_KEY = 'haoyou.outbox'
/** More waiting writes than a day in the field makes; beyond it we refuse rather than lose. */
const QUEUE_MAX = 100

const isWrite = (value: unknown): value is QueuedWrite => {
  const read = value as Partial<QueuedWrite> | null
  return typeof read?.key === 'string' && typeof read.path === 'string' && typeof read.staffId === 'number' && Array.isArray(read.stale)
}

const readStored = (): QueuedWrite[] => {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]')
    // what was being sent when the tab died may or may not have arrived: it goes again under the same key
    return Array.isArray(read) ? read.filter(isWrite).map((write) => (write.state === 'sending' ? { ...write, state: 'waiting' } : write)) : []
  } catch {
    return []
  }
}

/** Writes that survive a dead line and a killed tab. Each keeps its Idempotency-Key, so the server does it once. */
export const useOutbox = defineStore('outbox', () => {
  const session = useSession()
  const writes = ref<QueuedWrite[]>(readStored())
  const mine = computed(() => writes.value.filter((write) => write.staffId === session.me?.staff.id))
  const waiting = computed(() => mine.value.filter((write) => write.state !== 'refused').length)
  const refused = computed(() => mine.value.filter((write) => write.state === 'refused').length)

  const store = (): void => localStorage.setItem(STORAGE_KEY, JSON.stringify(writes.value))

  const change = (key: string, next: Partial<QueuedWrite>): void => {
    writes.value = writes.value.map((write) => (write.key === key ? { ...write, ...next } : write))
    store()
  }

  const drop = (key: string): void => {
    writes.value = writes.value.filter((write) => write.key !== key)
    store()
  }

  const send = async <T>(write: QueuedWrite, retries?: number): Promise<WriteAnswer<T>> => {
    change(write.key, { state: 'sending', problem: undefined })
    try {
      const answer = await post<T>(write.path, write.body, { key: write.key, retries })
      drop(write.key)
      for (const queryKey of write.stale) void queryClient.invalidateQueries({ queryKey })
      return { sent: true, answer }
    } catch (error) {
      // signed out is not refused: the work waits for the same person to come back
      if (mayTryAgain(error) || (error instanceof Problem && (error.status === 401 || error.status === 429))) {
        change(write.key, { state: 'waiting' })
        return { sent: false }
      }
      if (error instanceof Problem) {
        change(write.key, { state: 'refused', problem: { code: error.code, title: error.message, reference: error.reference } })
      }
      throw error
    }
  }

  /** Sends a write now; if nobody answers it stays queued, visibly, and goes again with the same key. */
  const submit = async <T>(path: string, body: unknown, label: string, stale: string[][]): Promise<WriteAnswer<T>> => {
    const staffId = session.me?.staff.id
    if (staffId === undefined) throw new Error('nobody is signed in')
    if (writes.value.length >= QUEUE_MAX) throw new Error('the queue is full')
    const write: QueuedWrite = { key: newKey(), staffId, path, body, label, queuedAt: new Date().toISOString(), state: 'sending', stale }
    writes.value = [...writes.value, write]
    store()
    try {
      return await send<T>(write)
    } catch (error) {
      // the person is looking at the form and sees the refusal there: it need not wait in the list as well
      drop(write.key)
      throw error
    }
  }

  let flushing = false
  /** Sends what waits, in the order it was done. A refusal is shown in the list and does not stop the others. */
  const flush = async (): Promise<void> => {
    if (flushing) return
    flushing = true
    try {
      for (const write of mine.value.filter((queued) => queued.state === 'waiting')) {
        try {
          const outcome = await send(write, 0)
          if (!outcome.sent) return
        } catch (error) {
          if (!(error instanceof Problem)) throw error
        }
      }
    } finally {
      flushing = false
    }
  }

  onScopeDispose(onBackOnline(() => void flush()))
  return { writes: mine, waiting, refused, submit, flush, drop }
})
