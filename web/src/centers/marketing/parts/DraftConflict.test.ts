import { fireEvent, screen } from '@testing-library/vue'
import { expect, test } from 'vitest'
import { renderScene } from '@/kernel/testing/render'
import { mergedNotes } from '../contactDraft'
import { zh } from '../locales/zh'
import type { ContactDraft } from '../marketing.api'
import DraftConflict from './DraftConflict.vue'

const draft = (part: Partial<ContactDraft>): ContactDraft => ({ channel: 'call', outcome: null, note: '', next_on: null, reservation_id: null, ...part })
const mine = draft({ note: '手机上的', outcome: 'interested' })
const theirs = draft({ note: '平板上的', channel: 'visit' })
const draw = () => renderScene(DraftConflict, { messages: async () => zh, props: { mine, theirs } })

test('both texts are in sight before anybody chooses', async () => {
  await draw()
  expect(screen.getByText('手机上的')).toBeTruthy()
  expect(screen.getByText('平板上的')).toBeTruthy()
})

test.each([
  ['用本机的', mine],
  ['用另一处的', theirs],
  ['合并两份备注', { ...mine, note: '手机上的\n平板上的' }],
])('%s settles it', async (name, decided) => {
  const { emitted } = await draw()
  await fireEvent.click(screen.getByRole('button', { name }))
  expect(emitted('settle')).toEqual([[decided]])
})

test('merging repeats nothing', () => {
  expect(mergedNotes('想存定期,月底来', '想存定期')).toBe('想存定期,月底来')
  expect(mergedNotes('', '想存定期')).toBe('想存定期')
})
