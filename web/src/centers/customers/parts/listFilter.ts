import { computed } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'
import type { CustomerFilter } from '../customers.api'

const WORDS = {
  view: ['mine', 'all'],
  line: ['retail', 'corporate'],
  kind: ['person', 'organisation'],
  tier: ['platinum', 'gold', 'silver', 'plain'],
  sort: ['aum', 'name', 'recent', 'maturity', 'deposits', 'loans'],
  order: ['up', 'down'],
} as const
const NUMBERS = ['aum_from_minor', 'aum_to_minor', 'institution_id', 'manager_id', 'quiet_days', 'matures_days'] as const
const SIGNS = ['unmanaged', 'with_opportunities'] as const
/** What the server does when nothing is said; it stands in no address and in no saved view. */
const USUAL: CustomerFilter = { view: 'mine', sort: 'aum' }
const PLACING = new Set(['view', 'sort', 'order'])
/** Orders that run downwards unless asked otherwise. */
const RUNS_DOWN = new Set<CustomerFilter['sort']>(['aum', 'recent', 'deposits', 'loans'])

export const runsDown = (filter: CustomerFilter): boolean => (filter.order ? filter.order === 'down' : RUNS_DOWN.has(filter.sort ?? 'aum'))

const isWord = <Name extends keyof typeof WORDS>(name: Name, given: unknown): given is (typeof WORDS)[Name][number] =>
  WORDS[name].some((word) => word === given)

/** Reads a filter from an address; what makes no sense there is passed over. */
export const readFilter = (query: LocationQuery): CustomerFilter => {
  const found: Record<string, unknown> = { ...USUAL }
  for (const name of Object.keys(WORDS) as (keyof typeof WORDS)[]) if (isWord(name, query[name])) found[name] = query[name]
  for (const name of NUMBERS) {
    const given = query[name]
    if (typeof given === 'string' && /^-?\d{1,15}$/.test(given)) found[name] = Number(given)
  }
  for (const name of SIGNS) if (query[name] === 'true') found[name] = true
  return found as CustomerFilter
}

/** The address of a filter: only what differs from the usual. */
export const writeFilter = (filter: CustomerFilter): Record<string, string> =>
  Object.fromEntries(
    Object.entries(filter)
      .filter(([name, value]) => value !== undefined && value !== null && value !== false && USUAL[name as keyof CustomerFilter] !== value)
      .map(([name, value]) => [name, String(value)]),
  )

export const isSameFilter = (one: CustomerFilter, other: CustomerFilter): boolean => {
  const [mine, theirs] = [writeFilter(one), writeFilter(other)]
  return Object.keys({ ...mine, ...theirs }).every((name) => mine[name] === theirs[name])
}

/** How many conditions narrow the list, its scope and order aside. */
export const countConditions = (filter: CustomerFilter): number => Object.keys(writeFilter(filter)).filter((name) => !PLACING.has(name)).length

/** The filter of the page: it stands in the address, so that it can be shared and gone back to. */
export const useListFilter = () => {
  const route = useRoute()
  const router = useRouter()
  const filter = computed(() => readFilter(route.query))
  const search = computed<string>({
    get: () => (typeof route.query.q === 'string' ? route.query.q : ''),
    set: (q) => void router.replace({ query: { ...writeFilter(filter.value), ...(q ? { q } : {}) } }),
  })
  const apply = (wanted: CustomerFilter): void => void router.replace({ query: writeFilter(wanted) })
  const change = (changes: CustomerFilter): void => apply({ ...filter.value, ...changes })
  const clear = (): void => apply({ view: filter.value.view, sort: filter.value.sort, order: filter.value.order })
  return { filter, search, apply, change, clear }
}
