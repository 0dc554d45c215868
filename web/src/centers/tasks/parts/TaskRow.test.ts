import { fireEvent, screen } from '@testing-library/vue'
import { afterEach, expect, test } from 'vitest'
import { defineCenter, installCenters } from '@/kernel/center'
import { renderScene, someone } from '@/kernel/testing/render'
import { zh } from '../locales/zh'
import type { Task } from '../tasks.api'
import TaskRow from './TaskRow.vue'

const task: Task = {
  id: 't-1',
  title: { zh: '大额资金流入' },
  why: { zh: '到账是平时的 8 倍' },
  customer: { id: 'c-1', name: '王芳', number: '10042' },
  assignee: { id: 1, name: '陈嘉' },
  origin: { room: 'marketing', kind: 'opportunity', id: 'o-1' },
  due_on: '2026-11-18',
  status: 'open',
  priority: 62,
  priority_parts: [{ code: 'overdue', points: 40 }, { code: 'value', points: 22 }],
  result: null,
  closed_at: null,
  version: 1,
  created_at: '2026-11-18T00:00:00Z',
}
const marketing = defineCenter({
  id: 'marketing',
  nav: [],
  routes: [],
  origins: [{ room: 'marketing', kind: 'opportunity', route: (id) => `/o/${id}`, component: async () => ({ default: {} }), acts: ['call', 'record'] }],
  messages: { zh: async () => ({}), en: async () => ({}) },
})
const draw = (part: Partial<Task> = {}, permissions = someone.permissions) => {
  installCenters([marketing])
  const props = { task: { ...task, ...part }, to: '/here', actTo: (act: string) => `/here?act=${act}` }
  return renderScene(TaskRow, { messages: async () => zh, props, me: { ...someone, permissions } })
}
afterEach(() => installCenters([]))

test('a line says who, what, why and by when, and calls in one tap', async () => {
  await draw()
  expect(screen.getByRole('link', { name: '王芳, 大额资金流入, 逾期 2 天' }).getAttribute('href')).toBe('/here')
  expect(screen.getByText('到账是平时的 8 倍')).toBeTruthy()
  expect(screen.getByRole('link', { name: '致电' }).getAttribute('href')).toBe('/here?act=call')
  expect(screen.getByRole('link', { name: '记录' }).getAttribute('href')).toBe('/here?act=record')
})

test('a customer without a name is called by number', async () => {
  await draw({ customer: { id: 'c-2', name: null, number: '10043' } })
  expect(screen.getByText('客户 10043')).toBeTruthy()
})

test('its place in the list is explained on tap', async () => {
  await draw()
  await fireEvent.click(screen.getByRole('button', { name: '优先级 62' }))
  expect(await screen.findByText('已逾期')).toBeTruthy()
  expect(screen.getByText('+40')).toBeTruthy()
  expect(screen.getByText('合计 62 分')).toBeTruthy()
})

test('who may not work on it is offered no call, and a closed one neither', async () => {
  const drawn = await draw({}, ['tasks.read'])
  expect(screen.queryByRole('link', { name: '致电' })).toBeNull()
  drawn.unmount()
  await draw({ status: 'closed', result: '已联系' })
  expect(screen.queryByRole('link', { name: '致电' })).toBeNull()
  expect(screen.getByText('已联系')).toBeTruthy()
})
