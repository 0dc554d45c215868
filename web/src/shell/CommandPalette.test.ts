import { fireEvent, screen, waitFor } from '@testing-library/vue'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineCenter, installCenters, type Found } from '@/kernel/center'
import { learn } from '@/kernel/i18n'
import { renderScene, someone } from '@/kernel/testing/render'
import CommandPalette from './CommandPalette.vue'
import { zh } from './locales/zh'

const WORDS = { planted: { customers: '客户', tasks: '待办', staff: '员工', recent: '最近看过的客户', move: '新建调整', out: '退出登录' } }
const ENGLISH = { planted: { customers: 'Customers', tasks: 'To-dos', staff: 'Staff', recent: 'Seen lately', move: 'New move', out: 'Sign out' } }
const someoneFound = (n: number, name: string): Found => ({ id: `c${n}`, name, number: `10${n}`, detail: `10${n} · 138****1234`, to: `/customers/c${n}` })
const find = vi.fn(async (): Promise<Found[]> => [])
const recall = vi.fn(async (): Promise<Found[]> => [])
const leave = vi.fn()

type Key = Parameters<typeof defineCenter>[0]['nav'][number]['label']
const key = (name: keyof typeof WORDS.planted): Key => `planted.${name}` as Key

beforeEach(() => {
  Element.prototype.scrollIntoView = () => {} // jsdom has nothing to scroll
  find.mockReset().mockResolvedValue([])
  recall.mockReset().mockResolvedValue([])
  leave.mockReset()
  learn('en', ENGLISH)
  installCenters([
    defineCenter({
      id: 'planted',
      nav: [
        { route: 'customers', icon: '', label: key('customers'), order: 1, permission: 'customers.read' },
        { route: 'tasks', icon: '', label: key('tasks'), order: 2 },
        { route: 'staff', icon: '', label: key('staff'), order: 3, permission: 'identity.staff.read' },
      ],
      routes: [],
      actions: [
        { id: 'move', icon: '', label: key('move'), permission: 'customers.assign', run: () => {} },
        { id: 'out', icon: '', label: key('out'), run: leave },
      ],
      finders: [{ id: 'customers', icon: '', label: key('customers'), recentLabel: key('recent'), permission: 'customers.read', find, recall }],
      messages: { zh: async () => WORDS, en: async () => ENGLISH },
    }),
  ])
})
afterEach(() => {
  vi.useRealTimers()
  installCenters([])
})

const draw = (me = someone) =>
  renderScene(CommandPalette, {
    messages: async () => ({ ...zh, ...WORDS }),
    me,
    routes: ['customers', 'tasks', 'staff'].map((name) => ({ path: `/${name}`, name, component: { template: '<p />' } })),
  })
const field = (): Promise<HTMLInputElement> => screen.findByRole('combobox')
const rows = (): string[] => screen.queryAllByRole('option').map((row) => row.textContent?.trim() ?? '')
const press = async (name: string): Promise<void> => void (await fireEvent.keyDown(await field(), { key: name }))
const type = async (text: string): Promise<void> => void (await fireEvent.update(await field(), text))
const active = async (): Promise<string | undefined> => document.getElementById((await field()).getAttribute('aria-activedescendant') ?? '')?.textContent?.trim()

test('whom one saw lately comes first, then the pages one may open, then what one may do', async () => {
  recall.mockResolvedValue([someoneFound(1, '王芳')])
  await draw()
  await waitFor(() => expect(rows()).toEqual(['王芳101 · 138****1234', '客户', '待办', '退出登录']))
  expect(screen.getAllByRole('group').map((group) => document.getElementById(group.getAttribute('aria-labelledby') ?? '')?.textContent)).toEqual(['最近看过的客户', '页面', '操作'])
})

test.each([['待办'], ['db'], ['to-d']])('%s leads to the to-dos by Enter alone', async (words) => {
  const { router } = await draw()
  await type(words)
  await waitFor(async () => expect(await active()).toBe('待办'))
  await press('Enter')
  await waitFor(() => expect(router.currentRoute.value.path).toBe('/tasks'))
})

test('arrows walk through all rows and round', async () => {
  await draw()
  await waitFor(() => expect(rows()).toHaveLength(3))
  const walked: (string | undefined)[] = [await active()]
  for (const name of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp']) {
    await press(name)
    walked.push(await active())
  }
  expect(walked).toEqual(['客户', '待办', '退出登录', '客户', '退出登录'])
  await press('Enter')
  await waitFor(() => expect(leave).toHaveBeenCalledOnce())
})

test('customers are asked for once a pause, and an answer to something older is not shown', async () => {
  let answerOld: (found: Found[]) => void = () => {}
  find.mockImplementationOnce(() => new Promise((resolve) => (answerOld = resolve))).mockResolvedValue([someoneFound(2, '王伟')])
  await draw()
  const input = await field()
  // however slow the machine is, these three are typed within one pause
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  for (const words of ['w', 'wa', 'wan']) await fireEvent.update(input, words)
  await vi.advanceTimersByTimeAsync(500)
  vi.useRealTimers()
  await waitFor(() => expect(find).toHaveBeenCalledTimes(1))
  expect(find).toHaveBeenLastCalledWith('wan', expect.anything())
  await type('wangwei')
  await waitFor(() => expect(find).toHaveBeenCalledTimes(2))
  answerOld([someoneFound(1, '万方')])
  await waitFor(() => expect(rows()).toEqual(['王伟102 · 138****1234']))
})

test('nothing found, and a search that fails, are said in words', async () => {
  await draw()
  await type('zzz')
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe('没有找到“zzz”'))
  find.mockRejectedValue(new TypeError('lost'))
  await type('zzzz')
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe('客户暂时查不到，请稍后再试'))
})

test('who may not see customers is offered pages and actions, and nobody is searched for', async () => {
  await draw({ ...someone, permissions: ['identity.staff.read'] })
  expect((await field()).placeholder).toBe('页面或操作')
  await type('员工')
  await waitFor(() => expect(rows()).toEqual(['员工']))
  expect([find.mock.calls.length, recall.mock.calls.length]).toEqual([0, 0])
})

test('half-typed pinyin chooses nothing', async () => {
  await draw()
  await fireEvent.keyDown(await field(), { key: 'Enter', isComposing: true })
  expect(screen.queryByRole('combobox')).not.toBeNull()
})
