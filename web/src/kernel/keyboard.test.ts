import { afterEach, expect, test, vi } from 'vitest'
import { addKeys } from './keyboard'

const press = (key: string, target: Element = document.body, more: KeyboardEventInit = {}): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  target.dispatchEvent(event)
  return event
}
const put = <Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name)
  document.body.append(made)
  return made
}
const drops: (() => void)[] = []
const listen = (keys: Parameters<typeof addKeys>[0]): void => void drops.push(addKeys(keys))
afterEach(() => drops.splice(0).forEach((drop) => drop()))

test('J walks the list, but not while somebody writes a name with a j in it', () => {
  const next = vi.fn()
  listen({ j: next })
  press('j')
  press('J')
  expect(next).toHaveBeenCalledTimes(2)
  for (const name of ['input', 'textarea', 'select'] as const) press('j', put(name))
  expect(next).toHaveBeenCalledTimes(2)
})

test('Ctrl-K and Cmd-K open the search from anywhere, even from a field', () => {
  const search = vi.fn()
  listen({ 'mod+k': search })
  const event = press('k', put('input'), { ctrlKey: true })
  press('k', document.body, { metaKey: true })
  press('k')
  expect(search).toHaveBeenCalledTimes(2)
  expect(event.defaultPrevented).toBe(true)
})

test('Enter on a button belongs to the button', () => {
  const open = vi.fn()
  listen({ Enter: open })
  press('Enter', put('button'))
  expect(open).not.toHaveBeenCalled()
  press('Enter')
  expect(open).toHaveBeenCalledOnce()
})

test('half-typed pinyin is no shortcut', () => {
  const next = vi.fn()
  listen({ j: next })
  press('j', document.body, { isComposing: true })
  expect(next).not.toHaveBeenCalled()
})

test('the newest listener has the key, and gives it back when it goes', () => {
  const [below, above] = [vi.fn(), vi.fn()]
  listen({ j: below })
  const drop = addKeys({ j: above })
  press('j')
  drop()
  press('j')
  expect([below.mock.calls.length, above.mock.calls.length]).toEqual([1, 1])
})
