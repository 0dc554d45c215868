import type { Component } from 'vue'
import type { RouteLocationRaw, Router, RouteRecordRaw } from 'vue-router'
import type { MessageKey, MessageLoaders } from './i18n'

type Loader = () => Promise<{ default: Component }>
type QueryKey = readonly unknown[]

export type NavItem = {
  route: string
  icon: string
  label: MessageKey
  order: number
  permission?: string
  /** One of the five tabs of the phone; the others are reached from 我的. */
  tab?: boolean
}

/** A place in another center's page that this center fills; the two never import each other. */
export type Widget = { slot: string; component: Loader; permission?: string }

/** Something the palette can do for a person, besides leading to a page. */
export type Action = {
  id: string
  icon: string
  label: MessageKey
  permission?: string
  run: (router: Router) => unknown
}

/** Something found by what was typed, or had before: never kept, always asked for anew, so that nobody sees more than is theirs. */
export type Found = { id: string; name: string | null; number: string; detail: string; to: RouteLocationRaw }
export type Finder = {
  id: string
  icon: string
  label: MessageKey
  /** Over what somebody had before them a while ago. */
  recentLabel: MessageKey
  permission?: string
  find: (text: string, signal: AbortSignal) => Promise<Found[]>
  recall: (signal: AbortSignal) => Promise<Found[]>
}

/** What a to-do points at: where it opens, and the piece shown beside a list on a wide screen. */
export type OriginView = {
  room: string
  kind: string
  route: (id: string, act?: string) => RouteLocationRaw
  component: Loader
  /** Acts that can be asked of it straight from a list. */
  acts: readonly string[]
}

export type Center = {
  id: string
  nav: readonly NavItem[]
  routes: readonly RouteRecordRaw[]
  widgets?: readonly Widget[]
  origins?: readonly OriginView[]
  actions?: readonly Action[]
  finders?: readonly Finder[]
  /** Which cached answers a live key makes stale. */
  live?: Record<string, (id: string) => readonly QueryKey[]>
  messages: MessageLoaders
}

export const defineCenter = (center: Center): Center => center

let centers: readonly Center[] = []
export const installCenters = (installed: readonly Center[]): void => {
  centers = installed
}

export const allNav = (): NavItem[] => centers.flatMap((center) => center.nav).sort((a, b) => a.order - b.order)
export const allActions = (): Action[] => centers.flatMap((center) => center.actions ?? [])
export const allFinders = (): Finder[] => centers.flatMap((center) => center.finders ?? [])
export const widgetsOf = (slot: string): Widget[] => centers.flatMap((center) => center.widgets ?? []).filter((widget) => widget.slot === slot)
export const originViewOf = (origin: { room: string; kind: string }): OriginView | undefined =>
  centers.flatMap((center) => center.origins ?? []).find((view) => view.room === origin.room && view.kind === origin.kind)

/** Fetches every page and piece that has not been needed yet, so that a lost line does not close the next door. */
export const warmPages = async (): Promise<void> => {
  const loaders = centers.flatMap((center) => [
    ...center.routes.map((route) => route.component),
    ...[...(center.widgets ?? []), ...(center.origins ?? [])].map((piece) => piece.component),
  ])
  for (const loader of loaders) if (typeof loader === 'function') await (loader as () => Promise<unknown>)().catch(() => {})
}

/** "opportunity:42" → the keys of every center that shows opportunity 42. */
export const staleKeysOf = (liveKey: string): QueryKey[] => {
  const at = liveKey.indexOf(':')
  const [name, id] = at < 0 ? [liveKey, ''] : [liveKey.slice(0, at), liveKey.slice(at + 1)]
  return centers.flatMap((center) => [...(center.live?.[name]?.(id) ?? [])])
}
