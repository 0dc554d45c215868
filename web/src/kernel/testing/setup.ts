import { afterEach, beforeEach } from 'vitest'

// what jsdom has not: a screen with a width (a phone here)
globalThis.matchMedia = (query: string) =>
  ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {} }) as unknown as MediaQueryList

beforeEach(() => localStorage.clear())
afterEach(() => document.body.replaceChildren())
