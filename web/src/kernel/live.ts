import { staleKeysOf } from './center'
import { forgetLive, noteLive, noteReached } from './network'
import { queryClient } from './queries'
import { useSession } from './session'

const REOPEN_MS = 5_000

let source: EventSource | undefined
let reopen: ReturnType<typeof setTimeout> | undefined

const parseKeys = (text: string): string[] => {
  try {
    const read: unknown = JSON.parse(text)
    const keys = (read as { keys?: unknown } | null)?.keys
    return Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string') : []
  } catch {
    return []
  }
}

const handleChanged = (event: MessageEvent<string>): void => {
  for (const key of parseKeys(event.data)) {
    // lost on the way: the next hint or page asks again
    if (key === 'me') useSession().load().catch(() => {})
    for (const queryKey of staleKeysOf(key)) void queryClient.invalidateQueries({ queryKey })
  }
}

const handleError = (): void => {
  noteLive(false)
  // the browser reconnects by itself unless the server answered with an error: then the line is closed for good
  if (source?.readyState !== EventSource.CLOSED) return
  clearTimeout(reopen)
  reopen = setTimeout(openLive, REOPEN_MS)
}

const hangUp = (): void => {
  clearTimeout(reopen)
  source?.close()
  source = undefined
}

/** Opens the line over which the server says what has changed. */
export const openLive = (): void => {
  hangUp()
  source = new EventSource('/api/live')
  source.addEventListener('open', () => {
    noteLive(true)
    noteReached()
  })
  source.addEventListener('changed', handleChanged)
  source.addEventListener('reset', () => void queryClient.invalidateQueries())
  source.addEventListener('error', handleError)
}

export const closeLive = (): void => {
  hangUp()
  forgetLive()
}
