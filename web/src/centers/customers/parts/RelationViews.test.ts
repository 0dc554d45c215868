import { fireEvent, screen, within } from '@testing-library/vue'
import { expect, test } from 'vitest'
import { renderScene } from '@/kernel/testing/render'
import type { Relations, RelationNode } from '../customers.api'
import { zh } from '../locales/zh'
import RelationGraph from './RelationGraph.vue'
import RelationList from './RelationList.vue'

const money = { minor: 480_000_00, currency: 'CNY' }
const node = (key: string, step: number, name: string, kind = 'person'): RelationNode => ({ key, step, customer: { id: key, number: `no-${key}`, name, kind, line: 'retail', tier: 'gold', aum: money } })
const edge = (from_key: string, kind: Relations['edges'][number]['kind'], to_key: string, share_bps: number | null = null, to_date: string | null = null): Relations['edges'][number] => ({ from_key, to_key, kind, share_bps, from_date: '2020-05-01', to_date, holds: to_date === null })
const relations: Relations = {
  on: '2026-11-20', household: null, control: null, truncated: false,
  nodes: [node('me', 0, '王芳'), node('li', 1, '李强'), node('firm', 1, '好友商贸', 'organisation'), { key: 'hidden-1', step: 1, customer: null }, node('sub', 2, '好友物流', 'organisation')],
  edges: [edge('me', 'spouse', 'li', null, '2024-03-01'), edge('me', 'owner', 'firm', 6_000), edge('me', 'legal_representative', 'firm'), edge('hidden-1', 'guarantor', 'me'), edge('firm', 'group', 'sub')],
}
const routes = [{ path: '/customers/:id?', name: 'customers', component: { template: '<p />' } }]
const draw = (component: typeof RelationGraph | typeof RelationList) => renderScene(component, { props: { relations }, messages: async () => zh, routes })

test('in the picture whoever may be seen is a link, the others are not, and what has ended is gone', async () => {
  const { router } = await draw(RelationGraph)
  expect(screen.getByRole('group', { name: '王芳的关系图，共 4 人，可用 Tab 键逐个查看' })).toBeTruthy()
  expect(screen.getAllByRole('link').map((link) => link.getAttribute('aria-label'))).toEqual(['好友商贸', '好友物流'])
  expect(screen.getAllByText('持股 60% · 法代')).not.toHaveLength(0)
  await fireEvent.click(screen.getByRole('link', { name: '好友商贸' }))
  await new Promise((done) => setTimeout(done, 0))
  expect(router.currentRoute.value.fullPath).toBe('/customers/firm?tab=relations')
})

test('in the list one customer is one line, told from the nearer end; what has ended comes last', async () => {
  await draw(RelationList)
  const lines = screen.getAllByRole('listitem')
  expect(lines.map((line) => within(line).queryByRole('link')?.textContent ?? '')).toEqual(['好友商贸', '', '好友物流', '李强'])
  const words = lines.map((line) => line.textContent?.replace(/\s+/g, ' ') ?? '')
  expect(words[0]).toMatch(/持股企业 60%.*任法定代表人的企业.*2020\/05\/01 起/)
  expect(words[1]).toMatch(/本行其他客户.*担保人/)
  expect(words[2]).toMatch(/下属企业.*经由 好友商贸/)
  expect(words[3]).toMatch(/配偶.*已结束.*2020\/05\/01 至 2024\/02\/29/)
})
