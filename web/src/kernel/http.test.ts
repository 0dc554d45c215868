import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAction } from './action'
import { get, newKey, onSignedOut, post, put } from './http'
import { Problem, Unreachable } from './problem'
import { answering, json, lost, problem } from './testing/render'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const settled = async <T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> => {
  const result = Promise.allSettled([promise])
  await vi.advanceTimersByTimeAsync(10_000)
  return (await result)[0] as PromiseSettledResult<T>
}
const serve = (...answers: Parameters<typeof answering>) => {
  const server = answering(...answers)
  vi.stubGlobal('fetch', server.fake)
  return server.asked
}

test('a write whose answer was lost goes again under the same Idempotency-Key', async () => {
  const asked = serve(lost, lost, json({ ok: true }))
  const key = newKey()
  const result = await settled(post('/api/x', { a: 1 }, { key }))
  expect(result.status).toBe('fulfilled')
  expect(asked.map((one) => one.headers.get('Idempotency-Key'))).toEqual([key, key, key])
})

test('a write without a key is never sent twice', async () => {
  const asked = serve(lost)
  const result = await settled(post('/api/x', {}))
  expect(result).toMatchObject({ status: 'rejected', reason: expect.any(Unreachable) })
  expect(asked).toHaveLength(1)
})

test('still in flight: the same key goes again; refused: it does not', async () => {
  const inFlight = serve(problem(409, 'idempotency.in_flight'), json({}))
  await settled(post('/api/x', {}, { key: 'k' }))
  expect(inFlight.map((one) => one.headers.get('Idempotency-Key'))).toEqual(['k', 'k'])
  const refused = serve(problem(409, 'tasks.already_closed'))
  const result = await settled(post('/api/x', {}, { key: 'k' }))
  expect(result).toMatchObject({ status: 'rejected', reason: { code: 'tasks.already_closed', status: 409, reference: 'r-1' } })
  expect(refused).toHaveLength(1)
})

test('every write says it comes from our own page; a read does not need to', async () => {
  const asked = serve(json({}))
  await settled(put('/api/x', {}, { version: 4 }))
  await settled(get('/api/x', { q: '王', empty: '', none: undefined }))
  expect(asked[0]?.headers.get('X-Haoyou')).toBe('1')
  expect(asked[0]?.headers.get('If-Match')).toBe('"4"')
  expect(asked[1]?.headers.get('X-Haoyou')).toBeNull()
  expect(asked[1]?.url).toBe('/api/x?q=%E7%8E%8B')
})

test('an ended session is told once, with its reason; a wrong password is not an ended session', async () => {
  const told: (string | undefined)[] = []
  onSignedOut((ended) => told.push(ended.text('reason')))
  serve(problem(401, 'identity.session_ended', { reason: 'idle' }), problem(401, 'identity.bad_credentials'))
  await settled(get('/api/x'))
  await settled(post('/api/identity/v1/sign-in', {}))
  expect(told).toEqual(['idle'])
  onSignedOut(() => {})
})

test('a failing answer that is no problem document still becomes a problem', async () => {
  serve(() => new Response('<html>', { status: 403 }))
  const result = await settled(get('/api/x'))
  expect(result).toMatchObject({ status: 'rejected', reason: { code: 'forbidden' } })
  expect((result as PromiseRejectedResult).reason).toBeInstanceOf(Problem)
})

test('one action keeps its key while its outcome is unknown, and only then', async () => {
  const act = createAction()
  const keys: string[] = []
  const send = (fail?: Error) => async (key: string) => {
    keys.push(key)
    if (fail) throw fail
  }
  await act({ a: 1 }, send(new Unreachable('lost'))).catch(() => {})
  await act({ a: 1 }, send())
  await act({ a: 1 }, send())
  await act({ a: 2 }, send(new Unreachable('lost'))).catch(() => {})
  await act({ a: 3 }, send())
  expect(keys[1]).toBe(keys[0])
  expect(new Set(keys).size).toBe(4)
})
