import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createDraft, type Saved } from './drafts'
import { parseProblem, Unreachable } from './problem'

type Note = { note: string }
const KEY = 'draft.test'
let server: Saved<Note>
let calls: { value: Note; version: number; at: number }[]
let down: boolean

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  server = { value: { note: '' }, version: 0, savedAt: null }
  calls = []
  down = false
})
afterEach(() => void vi.useRealTimers())

const save = async (value: Note, version: number): Promise<Saved<Note>> => {
  calls.push({ value, version, at: Date.now() })
  if (down) throw new Unreachable('no line')
  if (version !== server.version) throw parseProblem(412, { code: 'precondition_failed', current: server })
  server = { value, version: version + 1, savedAt: new Date().toISOString() }
  return server
}
const make = () =>
  createDraft<Note>({
    storageKey: KEY,
    empty: { note: '' },
    load: async () => {
      if (down) throw new Unreachable('no line')
      return server
    },
    save,
    theirsIn: (problem) => problem.body.current as Saved<Note>,
  })
const opened = async () => {
  const draft = make()
  await draft.open()
  return draft
}
const local = (): unknown => JSON.parse(localStorage.getItem(KEY) ?? 'null')

test('somebody who never stops typing is still saved within a second', async () => {
  const draft = await opened()
  for (let letters = 1; letters <= 50; letters += 1) {
    draft.change({ note: '字'.repeat(letters) })
    await vi.advanceTimersByTimeAsync(100)
  }
  const gaps = calls.map((call, at) => call.at - (calls[at - 1]?.at ?? 0))
  expect(calls.length).toBeGreaterThan(4)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(server.value.note).toHaveLength(50)
  expect(draft.state.value).toBe('saved')
})

test('the local copy is there at the first letter and goes only when the server has it', async () => {
  const draft = await opened()
  draft.change({ note: '想' })
  expect(local()).toEqual({ value: { note: '想' }, version: 0 })
  expect(draft.state.value).toBe('waiting')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(local()).toBeNull()
  expect(draft.state.value).toBe('saved')
})

test('without a line it says so, keeps the words, and saves by itself when the line is back', async () => {
  const draft = await opened()
  down = true
  draft.change({ note: '在地铁里写的' })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(draft.state.value).toBe('local')
  expect(local()).toEqual({ value: { note: '在地铁里写的' }, version: 0 })
  down = false
  await vi.advanceTimersByTimeAsync(6_000)
  expect(draft.state.value).toBe('saved')
  expect(server.value.note).toBe('在地铁里写的')
})

test('a killed tab loses nothing: the next one goes on where it was', async () => {
  down = true
  const dying = make()
  await dying.open()
  dying.change({ note: '写到一半' })
  dying.close()
  down = false
  const next = await opened()
  expect(next.value.value.note).toBe('写到一半')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(server.value.note).toBe('写到一半')
})

test('changed elsewhere meanwhile: both texts stand until the person decides', async () => {
  const draft = await opened()
  server = { value: { note: '平板上的' }, version: 3, savedAt: null }
  draft.change({ note: '手机上的' })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(draft.state.value).toBe('conflict')
  expect([draft.value.value.note, draft.theirs.value?.value.note]).toEqual(['手机上的', '平板上的'])
  expect(local()).toMatchObject({ value: { note: '手机上的' } })
  await vi.advanceTimersByTimeAsync(20_000)
  expect(server.value.note).toBe('平板上的')
  await draft.settle({ note: '手机上的\n平板上的' })
  expect(server).toMatchObject({ value: { note: '手机上的\n平板上的' }, version: 4 })
  expect(draft.state.value).toBe('saved')
})

test('changed elsewhere while this device was away is a conflict at once', async () => {
  localStorage.setItem(KEY, JSON.stringify({ value: { note: '昨天离线写的' }, version: 1 }))
  server = { value: { note: '今天写的' }, version: 2, savedAt: null }
  const draft = await opened()
  expect(draft.state.value).toBe('conflict')
  expect([draft.value.value.note, draft.theirs.value?.value.note]).toEqual(['昨天离线写的', '今天写的'])
})

test('what was submitted is forgotten and not saved again', async () => {
  const draft = await opened()
  draft.change({ note: '提交了' })
  await draft.hold()
  draft.forget()
  await draft.flush()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(calls).toEqual([])
  expect(local()).toBeNull()
})
