import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Problem } from './problem'

/** Work is on the server at most this long after the first change that is not yet there. */
export const SAVE_WITHIN_MS = 800
const RETRY_EVERY_MS = 5_000

export type Saved<T> = { value: T; version: number; savedAt: string | null }
export type DraftState = 'loading' | 'clean' | 'waiting' | 'saving' | 'saved' | 'local' | 'conflict'

type LocalCopy<T> = { value: T; version: number }

export type DraftOptions<T> = {
  /** Names the local copy; holds the person and the thing, so that two people on one device never meet. */
  storageKey: string
  empty: T
  load: () => Promise<Saved<T>>
  save: (value: T, version: number) => Promise<Saved<T>>
  /** What somebody (or another device) saved meanwhile, out of a 412. */
  theirsIn: (problem: Problem) => Saved<T> | undefined
}

export type Draft<T> = {
  value: Ref<T>
  state: Ref<DraftState>
  savedAt: Ref<string | null>
  theirs: ShallowRef<Saved<T> | null>
  open: () => Promise<void>
  change: (next: T) => void
  flush: () => Promise<void>
  /** Ends a conflict with the text the person decided on. */
  settle: (decided: T) => Promise<void>
  /** Lets a save on its way arrive and starts no other: what comes next must not be overtaken by it. */
  hold: () => Promise<void>
  /** The work arrived as something better than a draft: forget it. */
  forget: () => void
  close: () => void
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Keeps unfinished work: on the device at once, on the server within a second, and never silently over another's. */
export const createDraft = <T>(options: DraftOptions<T>): Draft<T> => {
  const value = ref(options.empty) as Ref<T>
  const state = ref<DraftState>('loading')
  const savedAt = ref<string | null>(null)
  const theirs = shallowRef<Saved<T> | null>(null)
  let version = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  let closed = false

  const storeLocal = (): void => localStorage.setItem(options.storageKey, JSON.stringify({ value: value.value, version }))
  const dropLocal = (): void => localStorage.removeItem(options.storageKey)
  const readLocal = (): LocalCopy<T> | undefined => {
    try {
      const read = JSON.parse(localStorage.getItem(options.storageKey) ?? 'null') as LocalCopy<T> | null
      return read && typeof read.version === 'number' ? read : undefined
    } catch {
      return undefined
    }
  }

  const schedule = (wait_ms: number): void => {
    if (!closed) timer ??= setTimeout(() => void flush(), wait_ms)
  }

  const enterConflict = (other: Saved<T>): void => {
    theirs.value = other
    state.value = 'conflict'
  }

  const accept = (saved: Saved<T>, sent: T): void => {
    version = saved.version
    savedAt.value = saved.savedAt
    if (same(value.value, sent)) {
      dropLocal()
      state.value = 'saved'
      return
    }
    storeLocal()
    state.value = 'waiting'
    schedule(SAVE_WITHIN_MS)
  }

  const saveOnce = async (): Promise<void> => {
    const sent = JSON.parse(JSON.stringify(value.value)) as T
    state.value = 'saving'
    try {
      accept(await options.save(sent, version), sent)
    } catch (error) {
      const other = error instanceof Problem && error.status === 412 ? options.theirsIn(error) : undefined
      if (other) return enterConflict(other)
      state.value = 'local'
      schedule(RETRY_EVERY_MS)
    }
  }

  const flush = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    if (running) {
      await running
      if (state.value !== 'waiting') return
    }
    if (state.value !== 'waiting' && state.value !== 'local') return
    clearTimeout(timer)
    timer = undefined
    running = saveOnce().finally(() => (running = undefined))
    await running
  }

  const open = async (): Promise<void> => {
    const local = readLocal()
    let server: Saved<T>
    try {
      server = await options.load()
    } catch (error) {
      if (error instanceof Problem) throw error
      // no line: go on with what the device holds
      if (local) ({ value: value.value, version } = local)
      state.value = 'local'
      return
    }
    version = server.version
    savedAt.value = server.savedAt
    if (local && !same(local.value, server.value)) {
      value.value = local.value
      if (local.version !== server.version) return enterConflict(server)
      state.value = 'waiting'
      schedule(0)
      return
    }
    dropLocal()
    value.value = server.value
    state.value = server.version > 0 ? 'saved' : 'clean'
  }

  const change = (next: T): void => {
    value.value = next
    storeLocal()
    if (state.value === 'conflict' || state.value === 'loading') return
    if (state.value !== 'saving') state.value = 'waiting'
    schedule(SAVE_WITHIN_MS)
  }

  const settle = async (decided: T): Promise<void> => {
    if (theirs.value) version = theirs.value.version
    theirs.value = null
    value.value = decided
    storeLocal()
    state.value = 'waiting'
    await flush()
  }

  const close = (): void => {
    clearTimeout(timer)
    timer = undefined
    closed = true
  }

  const hold = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    await running
    clearTimeout(timer)
    timer = undefined
  }

  const forget = (): void => {
    close()
    dropLocal()
    state.value = 'clean'
  }

  return { value, state, savedAt, theirs, open, change, flush, settle, hold, forget, close }
}

/** A draft that lives as long as the component: a page put away saves at once. */
export const useDraft = <T>(options: DraftOptions<T>): Draft<T> => {
  const draft = createDraft(options)
  const handleHidden = (): void => {
    if (document.visibilityState === 'hidden') void draft.flush()
  }
  document.addEventListener('visibilitychange', handleHidden)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', handleHidden)
    void draft.flush().finally(() => draft.close())
  })
  return draft
}
