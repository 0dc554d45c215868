import { createPinia, disposePinia, setActivePinia, type Pinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useOutbox } from './outbox'
import { useSession } from './session'
import { answering, json, lost, problem, someone } from './testing/render'

beforeEach(() => {
  vi.useFakeTimers()
  restart()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
let tab: Pinia | undefined
/** A new tab: everything in memory is gone, the same person signs in. */
const restart = (who = someone): void => {
  if (tab) disposePinia(tab)
  tab = createPinia()
  setActivePinia(tab)
  useSession().enter(who)
}
const serve = (...answers: Parameters<typeof answering>) => {
  const server = answering(...answers)
  vi.stubGlobal('fetch', server.fake)
  return server.asked
}
const run = async <T>(work: Promise<T>): Promise<T> => {
  const done = work.then((value) => ({ value }), (error: unknown) => ({ error }))
  await vi.advanceTimersByTimeAsync(10_000)
  const outcome = await done
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

test('offline, a write waits in sight, survives the tab and goes out once, under its first key', async () => {
  const before = serve(lost)
  expect(await run(useOutbox().submit('/api/t', { note: '客户想存定期' }, '王芳 · 接触记录', []))).toEqual({ sent: false })
  expect(useOutbox().writes.map((write) => [write.label, write.state])).toEqual([['王芳 · 接触记录', 'waiting']])

  restart()
  expect(useOutbox().waiting).toBe(1)
  const after = serve(json({ id: 1 }))
  await run(useOutbox().flush())
  expect(after).toHaveLength(1)
  expect(after[0]?.headers.get('Idempotency-Key')).toBe(before[0]?.headers.get('Idempotency-Key'))
  expect(after[0]?.body).toEqual({ note: '客户想存定期' })
  expect(useOutbox().writes).toEqual([])
  restart()
  expect(useOutbox().writes).toEqual([])
})

test('a queued write that is refused keeps its words until the person has seen it, and lets the others pass', async () => {
  serve(lost)
  await run(useOutbox().submit('/api/first', { note: 'a' }, 'first', []))
  await run(useOutbox().submit('/api/second', { note: 'b' }, 'second', []))
  serve(problem(409, 'tasks.already_closed'), json({}))
  await run(useOutbox().flush())
  expect(useOutbox().writes).toMatchObject([{ label: 'first', state: 'refused', body: { note: 'a' }, problem: { code: 'tasks.already_closed', reference: 'r-1' } }])
})

test('a write refused while the form is open is not kept twice', async () => {
  serve(problem(422, 'invalid'))
  await expect(run(useOutbox().submit('/api/t', {}, 'x', []))).rejects.toMatchObject({ code: 'invalid' })
  expect(useOutbox().writes).toEqual([])
})

test('signed out is not refused: the work waits for the same person, and no other sends it', async () => {
  serve(problem(401, 'unauthenticated'))
  expect(await run(useOutbox().submit('/api/t', {}, 'x', []))).toEqual({ sent: false })
  restart({ ...someone, staff: { id: 2, code: '81002', name: '李思远' } })
  const asked = serve(json({}))
  await run(useOutbox().flush())
  expect(asked).toHaveLength(0)
  expect(useOutbox().writes).toEqual([])
  restart()
  expect(useOutbox().waiting).toBe(1)
})
