import { inject, type InjectionKey } from 'vue'

/** What the frame opens for any page: a page asks, the frame decides how it looks. */
export const OPEN_SEARCH: InjectionKey<() => void> = Symbol('open search')
export const OPEN_HELP: InjectionKey<() => void> = Symbol('open help')

export const useOpeners = () => ({
  openSearch: inject(OPEN_SEARCH, () => {}),
  openHelp: inject(OPEN_HELP, () => {}),
})
