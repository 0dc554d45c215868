import { fireEvent, render, screen } from '@testing-library/vue'
import { expect, test } from 'vitest'
import TabBar from './TabBar.vue'

const tabs = [{ value: 'one', label: '概览' }, { value: 'two', label: '关系' }, { value: 'three', label: '证件', count: 2 }]

test('arrow keys go round, Home and End to the ends, and only the chosen tab is in the way of the Tab key', async () => {
  const { emitted, rerender } = render(TabBar, { props: { tabs, modelValue: 'one', label: '资料', panel: 'p' } })
  expect(screen.getAllByRole('tab').map((tab) => tab.getAttribute('tabindex'))).toEqual(['0', '-1', '-1'])
  for (const [key, to] of [['ArrowLeft', 'three'], ['Home', 'one'], ['ArrowRight', 'two'], ['End', 'three']] as const) {
    await fireEvent.keyDown(screen.getByRole('tablist'), { key })
    expect(emitted()['update:modelValue']?.at(-1)).toEqual([to])
    await rerender({ modelValue: to })
  }
  expect(screen.getByRole('tab', { name: '证件2', selected: true })).toBeTruthy()
})
