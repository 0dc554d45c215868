import { QueryClient } from '@tanstack/vue-query'

const FRESH_MS = 30_000
const KEPT_MS = 10 * 60_000

/** Server state lives here and nowhere else; the live line says when a key has gone stale. */
export const queryClient = new QueryClient({
  defaultOptions: {
    // the http client has tried again already, and offline is told by its own banner
    queries: { staleTime: FRESH_MS, gcTime: KEPT_MS, retry: false, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
})
