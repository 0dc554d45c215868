import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepWatermark } from './watermark'

const mark = (): Element | null => document.getElementById('haoyou-watermark')
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  stop = keepWatermark(() => '陈嘉 0042 14:05')
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

test('the mark names the person and lets taps through', () => {
  expect(mark()?.textContent).toContain('陈嘉 0042 14:05')
  expect(mark()?.getAttribute('style')).toContain('pointer-events:none')
})

test('a removed mark is back within a second', async () => {
  mark()?.remove()
  expect(mark()).toBeNull()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(mark()).not.toBeNull()
})

test.each([
  ['hidden by style', () => mark()?.setAttribute('style', 'display:none')],
  ['hidden by attribute', () => mark()?.setAttribute('hidden', '')],
  ['emptied', () => mark()?.replaceChildren()],
  ['moved away', () => document.head.append(mark() as Element)],
])('a mark that was %s is put right within a second', async (_, tamper) => {
  tamper()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(document.body.querySelectorAll('#haoyou-watermark')).toHaveLength(1)
  expect(mark()?.hasAttribute('hidden')).toBe(false)
  expect(mark()?.getAttribute('style')).toContain('display:block')
  expect(mark()?.textContent).toContain('陈嘉')
})

test('signing out takes it away', () => {
  stop()
  expect(mark()).toBeNull()
})
