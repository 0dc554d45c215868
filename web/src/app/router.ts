import { createRouter, createWebHistory, type Router } from 'vue-router'
import { allNav, type Center } from '@/kernel/center'
import type { MessageKey } from '@/kernel/i18n'
import { useSession, wasSignedIn } from '@/kernel/session'

declare module 'vue-router' {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- vue-router is extended by declaration merging
  interface RouteMeta {
    title?: MessageKey
    permission?: string
    /** Sets off for what the page will ask first, while the page itself is still on its way. */
    prefetch?: () => Promise<unknown>
    /** Drawn without the frame, and open to nobody in particular. */
    bare?: boolean
    /** The tab that is lit on this page. */
    tab?: string
  }
}

const homePath = (): string => {
  const session = useSession()
  return `/${allNav().find((item) => session.can(item.permission))?.route ?? 'me'}`
}

/** The first page and its data set off before we know who is asking; both come to nothing for a stranger. */
export const headStart = (router: Router): void => {
  const home = location.pathname === '/' ? '/today' : location.pathname + location.search
  const path = wasSignedIn() ? home : '/sign-in'
  for (const record of router.resolve(path).matched) {
    const page = record.components?.default
    if (typeof page === 'function') void (page as () => Promise<unknown>)().catch(() => {})
    void record.meta.prefetch?.().catch(() => {})
  }
}

export const makeRouter = (centers: readonly Center[]): Router => {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      ...centers.flatMap((center) => center.routes),
      // which page comes first depends on who is asking: the guard below decides
      { path: '/', name: 'home', component: () => import('@/shell/NoPage.vue') },
      { path: '/:rest(.*)*', name: 'no-page', component: () => import('@/shell/NoPage.vue'), meta: { title: 'shell.notFoundTitle' } },
    ],
  })

  router.beforeEach((to) => {
    const session = useSession()
    if (session.status !== 'in' && !to.meta.bare) return { name: 'sign-in', query: (to.redirectedFrom ?? to).path === '/' ? {} : { to: to.fullPath } }
    const mustChange = session.status === 'in' && session.me?.must_change_password === true
    if (mustChange) return to.name === 'first-password' ? true : { name: 'first-password' }
    if (session.status === 'in' && (to.name === 'first-password' || to.name === 'sign-in' || to.name === 'home')) return { path: homePath() }
    return true
  })
  return router
}
