import { cleanup } from '@testing-library/vue'
import { disposePinia, getActivePinia } from 'pinia'
import { afterEach, beforeEach } from 'vitest'

// what jsdom has not: a screen with a width (a phone here)
globalThis.matchMedia = (query: string) =>
  ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {} }) as unknown as MediaQueryList

// and nothing to scroll
Element.prototype.scrollIntoView = () => {}

beforeEach(() => localStorage.clear())
afterEach(() => {
  cleanup()
  document.body.replaceChildren()
  // files share one browser: a page or an outbox left alive would act in the next test
  const stores = getActivePinia()
  if (stores) disposePinia(stores)
})
