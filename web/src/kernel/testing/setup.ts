import { disposePinia, getActivePinia } from 'pinia'
import { afterEach, beforeEach } from 'vitest'

// what jsdom has not: a screen with a width (a phone here)
globalThis.matchMedia = (query: string) =>
  ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {} }) as unknown as MediaQueryList

beforeEach(() => localStorage.clear())
afterEach(() => {
  document.body.replaceChildren()
  // files share one browser: an outbox left alive would send its writes into the next test
  const stores = getActivePinia()
  if (stores) disposePinia(stores)
})
