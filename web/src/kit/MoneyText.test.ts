import { fireEvent, screen } from '@testing-library/vue'
import { expect, test } from 'vitest'
import { renderScene } from '@/kernel/testing/render'
import MoneyText from './MoneyText.vue'

const draw = (minor: number, exact = false) => renderScene(MoneyText, { messages: async () => ({}), props: { money: { minor, currency: 'CNY' }, exact } })

test('short in a list, exact on tap, short again', async () => {
  await draw(123_456_780)
  const money = screen.getByRole('button', { name: /^¥123.5万/ })
  expect(money.textContent).toBe('¥123.5万')
  await fireEvent.click(money)
  expect(money.textContent).toBe('¥1,234,567.80')
  await fireEvent.click(money)
  expect(money.textContent).toBe('¥123.5万')
})

test.each([[123_456_780, true], [98_765, false]])('nothing to unfold where the amount is exact already: %i', async (minor, exact) => {
  await draw(minor, exact)
  expect(screen.queryByRole('button')).toBeNull()
})
