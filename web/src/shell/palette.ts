import { useQuery } from '@tanstack/vue-query'
import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { useRouter, type RouteLocationRaw } from 'vue-router'
import { toastProblem } from '@/kit/toast'
import { allActions, allFinders, allNav, type Finder, type Found } from '@/kernel/center'
import { match } from '@/kernel/fuzzy'
import { sayInAll, useText, type MessageKey } from '@/kernel/i18n'
import { useSession } from '@/kernel/session'

/** One request per pause in typing, not per letter. */
const PAUSE_MS = 200
const WAYS_SHOWN = 6

export type Row = { key: string; icon: string; name: string; detail: string; run: () => void }
export type Group = { label: string; rows: Row[] }

type Way = { key: string; icon: string; label: MessageKey; run: () => void }

/** Those that answer to what was typed, the best first; all of them, in their own order, while nothing is. */
export const pickWays = (typed: string, ways: readonly Way[], wordsOf: (key: MessageKey) => string[] = sayInAll): Way[] => {
  if (typed === '') return [...ways]
  const rated = ways.map((way, at) => ({ way, at, score: match(typed, ...wordsOf(way.label)) })).filter((one) => one.score > 0)
  return rated.sort((a, b) => b.score - a.score || a.at - b.at).slice(0, WAYS_SHOWN).map((one) => one.way)
}

const useFound = (finder: Finder, asked: Ref<string>) => ({
  finder,
  found: useQuery({
    queryKey: computed(() => ['palette', finder.id, asked.value]),
    queryFn: ({ signal }) => finder.find(asked.value, signal),
    enabled: computed(() => asked.value !== ''),
    gcTime: 0,
  }),
  recent: useQuery({ queryKey: ['palette', finder.id], queryFn: ({ signal }) => finder.recall(signal), gcTime: 0, staleTime: 0 }),
})

/** What the palette shows for what was typed; `done` is called as soon as something was chosen. */
export const usePalette = (typed: Ref<string>, done: () => void) => {
  const { t } = useText()
  const router = useRouter()
  const session = useSession()
  const asked = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(typed, (text) => {
    clearTimeout(timer)
    if (text === '') asked.value = ''
    else timer = setTimeout(() => (asked.value = text), PAUSE_MS)
  })
  onBeforeUnmount(() => clearTimeout(timer))

  const choose = (run: () => unknown): void => {
    clearTimeout(timer)
    done()
    void Promise.resolve(run()).catch(toastProblem)
  }
  const go = (to: RouteLocationRaw) => (): void => choose(() => router.push(to))
  const pages: Way[] = allNav()
    .filter((item) => session.can(item.permission))
    .map((item) => ({ key: `page-${item.route}`, icon: item.icon, label: item.label, run: go({ name: item.route }) }))
  const acts: Way[] = allActions()
    .filter((action) => session.can(action.permission))
    .map((action) => ({ key: `act-${action.id}`, icon: action.icon, label: action.label, run: () => choose(() => action.run(router)) }))
  const sources = allFinders()
    .filter((finder) => session.can(finder.permission))
    .map((finder) => useFound(finder, asked))

  const rowsOfWays = (ways: readonly Way[]): Row[] => pickWays(typed.value, ways).map((way) => ({ ...way, name: t(way.label), detail: '' }))
  const rowOf = (finder: Finder, one: Found): Row => ({
    key: `${finder.id}-${one.id}`,
    icon: finder.icon,
    name: one.name ?? t('common.customerNumbered', { number: one.number }),
    detail: one.detail,
    run: go(one.to),
  })
  const rowsFound = (source: (typeof sources)[number]): Row[] => {
    const items = typed.value === '' ? source.recent.data.value : asked.value === typed.value ? source.found.data.value : []
    return (items ?? []).map((one) => rowOf(source.finder, one))
  }

  const groups = computed<Group[]>(() => {
    const found = sources.map((source) => ({ label: t(typed.value === '' ? source.finder.recentLabel : source.finder.label), rows: rowsFound(source) }))
    const ways = [
      { label: t('shell.palette.pages'), rows: rowsOfWays(pages) },
      { label: t('shell.palette.actions'), rows: rowsOfWays(acts) },
    ]
    // what is here at once stands above what is still on its way: nothing moves under the hand
    return (typed.value === '' ? [...found, ...ways] : [...ways, ...found]).filter((group) => group.rows.length > 0)
  })
  const waiting = computed(() => typed.value !== '' && sources.length > 0 && (asked.value !== typed.value || sources.some((one) => one.found.isFetching.value)))
  const failed = computed(() => typed.value !== '' && asked.value === typed.value && sources.some((one) => one.found.error.value !== null))
  return { groups, waiting, failed, finds: sources.length > 0 }
}
