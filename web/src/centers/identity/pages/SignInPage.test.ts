import { fireEvent, screen, waitFor } from '@testing-library/vue'
import { afterEach, expect, test, vi } from 'vitest'
import { useSession } from '@/kernel/session'
import { answering, json, lost, problem, renderScene, someone } from '@/kernel/testing/render'
import { zh } from '../locales/zh'
import { refusal } from '../parts/signInWays'
import SignInPage from './SignInPage.vue'

afterEach(() => {
  localStorage.clear()
  refusal.value = null
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const draw = (at = '/sign-in') => renderScene(SignInPage, { messages: async () => zh, me: null, at })
const PASSWORD_ONLY = { password: 'anybody', single_sign_on: null }
const serve = (...answers: Parameters<typeof answering>) => serveWays(PASSWORD_ONLY, ...answers)
/** Which ways there are is asked beside everything else. */
const serveWays = (ways: unknown, ...answers: Parameters<typeof answering>) => {
  const server = answering(...answers)
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) => (url.endsWith('/sign-in/ways') ? Promise.resolve(json(ways)()) : server.fake(url, init)))
  return server.asked
}
const enter = async (login: string, password: string): Promise<void> => {
  await fireEvent.update(screen.getByLabelText('工号'), login)
  await fireEvent.update(screen.getByLabelText('密码'), password)
  await fireEvent.click(screen.getByRole('button', { name: '登录' }))
}

test('each empty field says what it needs, and nothing is sent', async () => {
  const asked = serve(lost)
  await draw()
  await enter('', '')
  expect(screen.getAllByRole('alert').map((note) => note.textContent)).toEqual(['请填写工号', '请填写密码'])
  expect(screen.getByLabelText('工号').getAttribute('aria-invalid')).toBe('true')
  expect(asked).toHaveLength(0)
})

test('a wrong password is told once, in words, and what was typed stays', async () => {
  serve(problem(401, 'identity.bad_credentials'))
  await draw()
  await enter('81001', 'wrong')
  expect((await screen.findByRole('alert')).textContent).toBe('工号或密码不正确')
  expect((screen.getByLabelText('工号') as HTMLInputElement).value).toBe('81001')
})

test('a locked account counts down and cannot be tried meanwhile', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const asked = serve(problem(429, 'identity.locked', { retry_after_s: 65 }))
  await draw()
  await enter('81001', 'wrong')
  expect((await screen.findByRole('alert')).textContent).toBe('尝试次数过多，请在 1:05 后再试')
  await vi.advanceTimersByTimeAsync(6_000)
  expect(screen.getByRole('alert').textContent).toMatch(/请在 0:5\d 后再试/)
  expect((screen.getByRole('button', { name: '登录' }) as HTMLButtonElement).disabled).toBe(true)
  await vi.advanceTimersByTimeAsync(61_000)
  expect(screen.getByRole('alert').textContent).toBe('现在可以重新登录了')
  expect(asked).toHaveLength(1)
})

test.each([
  ['/customers?view=all', '/customers?view=all'],
  ['//elsewhere.example', '/'],
  ['https://elsewhere.example', '/'],
])('signed in, one is where one wanted to be, within this house: %s', async (wanted, reached) => {
  serve(json(someone))
  const { router } = await draw(`/sign-in?to=${encodeURIComponent(wanted)}`)
  await enter('81001', 'right')
  await waitFor(() => expect(router.currentRoute.value.fullPath).toBe(reached))
  expect(useSession().me?.staff.name).toBe('陈嘉')
})

test('why the last session ended is said', async () => {
  const drawn = await draw()
  useSession().leave('idle')
  expect((await drawn.findByRole('status')).textContent).toContain('长时间没有操作')
})

const SINGLE = { zh: '统一身份认证登录', en: 'Bank account' }

test('the single sign-on comes first where there is one, and leads to its own page', async () => {
  const asked = serveWays({ password: 'anybody', single_sign_on: SINGLE }, json({ address: 'https://sso.bank.example/authorize?x=1' }))
  const assign = vi.fn()
  vi.stubGlobal('location', { assign })
  await draw('/sign-in?to=%2Fcustomers')
  await fireEvent.click(await screen.findByRole('button', { name: SINGLE.zh }))
  await waitFor(() => expect(assign).toHaveBeenCalledWith('https://sso.bank.example/authorize?x=1'))
  expect(asked[0]?.body).toEqual({ return_to: '/customers' })
  expect(screen.getByLabelText('工号')).toBeTruthy()
})

test('where passwords are switched off nobody is asked for one, but in an emergency', async () => {
  serveWays({ password: 'reserved', single_sign_on: SINGLE })
  await draw()
  await screen.findByRole('button', { name: SINGLE.zh })
  expect(screen.queryByLabelText('工号')).toBeNull()
  await fireEvent.click(screen.getByRole('button', { name: '应急密码登录' }))
  expect(screen.getByLabelText('工号')).toBeTruthy()
})

test('why the single sign-on did not let one in is said once, with its reference', async () => {
  refusal.value = { sentence: '统一身份认证没有通过', reference: 'r-7' }
  serve()
  const first = await draw()
  expect((await first.findByRole('alert')).textContent).toMatch(/统一身份认证没有通过.*r-7/)
  first.unmount()
  await draw()
  expect(screen.queryByRole('alert')).toBeNull()
})
