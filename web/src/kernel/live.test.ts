import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineCenter, installCenters } from './center'
import { closeLive, openLive } from './live'
import { offline } from './network'
import { queryClient } from './queries'

class Line extends EventTarget {
  static opened: Line[] = []
  static readonly CLOSED = 2
  readyState = 1
  closed = false
  constructor(readonly url: string) {
    super()
    Line.opened.push(this)
  }
  close(): void {
    this.closed = true
  }
  say(type: string, data = ''): void {
    this.dispatchEvent(new MessageEvent(type, { data }))
  }
}
const line = (): Line => Line.opened.at(-1) as Line

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  Line.opened = []
  vi.stubGlobal('EventSource', Line)
  installCenters([
    defineCenter({
      id: 'tasks',
      nav: [],
      routes: [],
      live: { tasks: () => [['tasks']], opportunity: (id) => [['opportunity', id]] },
      messages: { zh: async () => ({}), en: async () => ({}) },
    }),
  ])
  openLive()
})
afterEach(() => {
  closeLive()
  queryClient.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const isStale = (key: unknown[]): boolean | undefined => queryClient.getQueryCache().find({ queryKey: key })?.state.isInvalidated

test('a change makes stale what shows it, and nothing else', () => {
  for (const key of [['tasks', 'today'], ['opportunity', '7'], ['opportunity', '8']]) queryClient.setQueryData(key, 1)
  line().say('changed', JSON.stringify({ keys: ['tasks', 'opportunity:7', 'unheard:1'] }))
  expect([isStale(['tasks', 'today']), isStale(['opportunity', '7']), isStale(['opportunity', '8'])]).toEqual([true, true, false])
})

test('reset makes everything stale; nonsense makes nothing stale', () => {
  queryClient.setQueryData(['opportunity', '8'], 1)
  line().say('changed', 'nonsense')
  expect(isStale(['opportunity', '8'])).toBe(false)
  line().say('reset')
  expect(isStale(['opportunity', '8'])).toBe(true)
})

test('a line that stays down is told, a short break is not, and a closed one is opened again', async () => {
  line().say('open')
  line().say('error')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(offline.value).toBe(false)
  line().readyState = Line.CLOSED
  line().say('error')
  await vi.advanceTimersByTimeAsync(9_000)
  expect(offline.value).toBe(true)
  expect(Line.opened).toHaveLength(2)
  line().say('open')
  expect(offline.value).toBe(false)
})
