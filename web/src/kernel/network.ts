import { computed, reactive } from 'vue'

/** How long the live line may be down before the page says so: a reconnect takes about three seconds. */
const LIVE_GRACE_MS = 8_000
const PROBE_EVERY_MS = 4_000
const PROBE_TIMEOUT_MS = 5_000

const state = reactive({ browserOnline: true, serverReached: true, liveLost: false, lastReachedAt: 0 })
const backListeners = new Set<() => void>()
let probe: ReturnType<typeof setInterval> | undefined
let liveTimer: ReturnType<typeof setTimeout> | undefined

export const offline = computed(() => !state.browserOnline || !state.serverReached || state.liveLost)
/** When the server last answered, in milliseconds since 1970; 0 before the first answer. */
export const lastReachedAt = computed(() => state.lastReachedAt)

/** Called once each time the line comes back. */
export const onBackOnline = (listener: () => void): (() => void) => {
  backListeners.add(listener)
  return () => void backListeners.delete(listener)
}

const stopProbing = (): void => {
  if (probe) clearInterval(probe)
  probe = undefined
}

export const noteReached = (): void => {
  const wasOffline = offline.value
  state.serverReached = true
  state.lastReachedAt = Date.now()
  stopProbing()
  if (wasOffline && !offline.value) for (const listener of backListeners) listener()
}

const tryServer = async (): Promise<void> => {
  try {
    const answer = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    if (answer.ok) noteReached()
  } catch {
    state.serverReached = false
  }
}

export const noteUnreachable = (): void => {
  state.serverReached = false
  probe ??= setInterval(() => void tryServer(), PROBE_EVERY_MS)
}

/** The live line reports itself; a short break is not worth a banner. */
export const noteLive = (up: boolean): void => {
  if (up) {
    clearTimeout(liveTimer)
    liveTimer = undefined
    const wasLost = state.liveLost
    state.liveLost = false
    if (wasLost) noteReached()
    return
  }
  // the browser reports each failed try; the first one counts
  liveTimer ??= setTimeout(() => (state.liveLost = true), LIVE_GRACE_MS)
}

/** When nobody is signed in there is no live line to lose. */
export const forgetLive = (): void => {
  clearTimeout(liveTimer)
  liveTimer = undefined
  state.liveLost = false
}

export const watchBrowserLine = (): void => {
  state.browserOnline = navigator.onLine
  addEventListener('offline', () => (state.browserOnline = false))
  addEventListener('online', () => {
    state.browserOnline = true
    void tryServer().then(() => {
      if (!offline.value) for (const listener of backListeners) listener()
    })
  })
}
