import { fireEvent, screen } from '@testing-library/vue'
import { afterEach, expect, test, vi } from 'vitest'
import { answering, json, lost, problem, renderScene } from '@/kernel/testing/render'
import { zh } from '../locales/zh'
import CallPanel from './CallPanel.vue'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const serve = (...answers: Parameters<typeof answering>) => {
  const server = answering(...answers)
  vi.stubGlobal('fetch', server.fake)
  return server.asked
}
const draw = (reservationId: string | null = null) =>
  renderScene(CallPanel, { messages: async () => zh, props: { opportunityId: 'o-1', reservationId } })
const given = (id: string, minutes = 15) => json({ id, channel: 'call', phone: '+8613877120199', expires_at: new Date(Date.now() + minutes * 60_000).toISOString() }, 201)

test('leave to call shows the number to read and to dial', async () => {
  const asked = serve(given('r-1'))
  const { emitted } = await draw()
  const dial = await screen.findByRole('link', { name: '致电' })
  expect(dial.getAttribute('href')).toBe('tel:+8613877120199')
  expect(screen.getByText('+86 138 7712 0199')).toBeTruthy()
  expect(asked[0]?.body).toMatchObject({ channel: 'call' })
  expect(emitted('reserved')).toHaveLength(1)
})

test.each([
  ['daily_cap', { next_allowed_at: '2026-11-21T00:30:00Z' }, '今天已联系过这位客户', '2026/11/21 08:30 之后可以联系'],
  ['no_consent', {}, '客户未同意营销联系', '客户同意之前不能联系'],
])('a refusal is a reason with what to do: %s', async (reason, more, why, next) => {
  serve(problem(409, 'customers.contact_refused', { reason, ...more }))
  await draw()
  expect(await screen.findByText(why)).toBeTruthy()
  expect(screen.getByText(new RegExp(next))).toBeTruthy()
  expect(screen.queryByRole('link')).toBeNull()
})

test('a call begun before goes on under its old reservation', async () => {
  const asked = serve(given('r-old'))
  await draw('r-old')
  await screen.findByRole('link', { name: '致电' })
  expect(asked[0]?.body).toEqual({ id: 'r-old', channel: 'call' })
})

test('pressed again after a lost answer it is the same reservation; after it ran out it is another', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const asked = serve(lost, given('r-1', 1), given('r-2'))
  await draw()
  await fireEvent.click(await screen.findByRole('button', { name: '重试' }))
  await screen.findByRole('link', { name: '致电' })
  await vi.advanceTimersByTimeAsync(61_000)
  await fireEvent.click(await screen.findByRole('button', { name: '重新取号' }))
  await screen.findByRole('link', { name: '致电' })
  const ids = asked.map((one) => (one.body as { id: string }).id)
  expect(ids[1]).toBe(ids[0])
  expect(ids[2]).not.toBe(ids[0])
})
