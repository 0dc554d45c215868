import { noteReached, noteUnreachable } from './network'
import { parseProblem, type Problem, Unreachable } from './problem'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Query = Record<string, string | number | boolean | undefined | null>

export type RequestOptions = {
  query?: Query
  body?: unknown
  /** Idempotency-Key: one per action of the user, the same on every retry of that action. */
  key?: string
  /** If-Match: the version the change was made against. */
  version?: number
  signal?: AbortSignal
  /** How often an unanswered request is sent again; only reads and keyed writes may be. */
  retries?: number
}

/** Waits between tries: a lift door, a tunnel. Longer absences belong to the outbox. */
const RETRY_WAITS_MS = [400, 1_200]
const TIMEOUT_MS = 20_000
/** The server is still working on the same action, or asked us to come back: the same key goes again. */
const TRY_AGAIN_CODES = new Set(['idempotency.in_flight', 'unavailable'])

type SignedOut = (problem: Problem) => void
let handleSignedOut: SignedOut = () => {}
/** The session store says what a 401 means; the client only tells. */
export const onSignedOut = (handler: SignedOut): void => {
  handleSignedOut = handler
}

export const newKey = (): string => crypto.randomUUID()

const address = (path: string, query?: Query): string => {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '')
  if (given.length === 0) return path
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

const headersOf = (method: Method, options: RequestOptions): Headers => {
  const headers = new Headers({ Accept: 'application/json' })
  if (method !== 'GET') headers.set('X-Haoyou', '1')
  if (options.body !== undefined) headers.set('Content-Type', 'application/json')
  if (options.key) headers.set('Idempotency-Key', options.key)
  if (options.version !== undefined) headers.set('If-Match', `"${options.version}"`)
  return headers
}

const withTimeout = (signal?: AbortSignal): AbortSignal => {
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  return signal ? AbortSignal.any([signal, limit]) : limit
}

const send = async (method: Method, path: string, options: RequestOptions): Promise<Response> => {
  try {
    const answer = await fetch(address(path, options.query), {
      method,
      headers: headersOf(method, options),
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: withTimeout(options.signal),
    })
    noteReached()
    return answer
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    noteUnreachable()
    throw new Unreachable('no answer', { cause })
  }
}

const read = async (answer: Response): Promise<unknown> => {
  if (answer.status === 204) return undefined
  try {
    return await answer.json()
  } catch (cause) {
    if (answer.ok) throw new Unreachable('the answer broke off', { cause })
    return undefined
  }
}

const once = async <T>(method: Method, path: string, options: RequestOptions): Promise<T> => {
  const answer = await send(method, path, options)
  const body = await read(answer)
  if (answer.ok) return body as T
  const problem = parseProblem(answer.status, body)
  if (problem.code === 'unauthenticated' || problem.code === 'identity.session_ended') handleSignedOut(problem)
  throw problem
}

const pause = (wait_ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, wait_ms))

export const mayTryAgain = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof Error && 'code' in error && TRY_AGAIN_CODES.has(String(error.code)))

const request = async <T>(method: Method, path: string, options: RequestOptions): Promise<T> => {
  const safe = method === 'GET' || options.key !== undefined
  const retries = safe ? (options.retries ?? RETRY_WAITS_MS.length) : 0
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once<T>(method, path, options)
    } catch (error) {
      const wait_ms = RETRY_WAITS_MS[Math.min(attempt, RETRY_WAITS_MS.length - 1)] ?? 0
      if (attempt >= retries || !mayTryAgain(error) || options.signal?.aborted) throw error
      await pause(wait_ms)
    }
  }
}

/** A file that the server makes for a post: its bytes, and what it is called. */
export const download = async (path: string, body: unknown): Promise<{ blob: Blob; name: string }> => {
  const answer = await send('POST', path, { body })
  if (!answer.ok) {
    const problem = parseProblem(answer.status, await read(answer))
    if (problem.code === 'unauthenticated' || problem.code === 'identity.session_ended') handleSignedOut(problem)
    throw problem
  }
  const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'download'
  return { blob: await answer.blob(), name }
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> => request<T>('GET', path, { query, signal })
export const post = <T>(path: string, body: unknown, options: Omit<RequestOptions, 'body'> = {}): Promise<T> =>
  request<T>('POST', path, { ...options, body })
export const put = <T>(path: string, body: unknown, options: Omit<RequestOptions, 'body'> = {}): Promise<T> =>
  request<T>('PUT', path, { ...options, body })
export const remove = (path: string): Promise<void> => request<void>('DELETE', path, {})
