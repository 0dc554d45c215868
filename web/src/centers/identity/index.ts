import {
  mdiAccountCircleOutline,
  mdiAccountMultipleOutline,
  mdiFileTreeOutline,
  mdiLogout,
  mdiShieldSearch,
  mdiThemeLightDark,
  mdiTranslate,
} from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const identityCenter = defineCenter({
  id: 'identity',
  nav: [
    { route: 'staff', icon: mdiAccountMultipleOutline, label: 'identity.staffNav', order: 60, permission: 'identity.staff.read' },
    { route: 'places', icon: mdiFileTreeOutline, label: 'identity.places.nav', order: 62, permission: 'identity.places.manage' },
    { route: 'audit', icon: mdiShieldSearch, label: 'identity.audit.nav', order: 64, permission: 'identity.audit.read' },
    { route: 'me', icon: mdiAccountCircleOutline, label: 'identity.meNav', order: 90, tab: true },
  ],
  routes: [
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('./pages/SignInPage.vue'),
      meta: { bare: true, title: 'identity.signIn', prefetch: async () => (await import('./identity.queries')).prefetchWays() },
    },
    { path: '/sign-in/return', name: 'sign-on-return', component: () => import('./pages/SignOnReturnPage.vue'), meta: { bare: true, title: 'identity.signIn' } },
    {
      path: '/first-password',
      name: 'first-password',
      component: () => import('./pages/FirstPasswordPage.vue'),
      meta: { bare: true, title: 'identity.account.firstTitle' },
    },
    { path: '/me', name: 'me', component: () => import('./pages/MePage.vue'), meta: { title: 'identity.meNav' } },
    {
      path: '/staff',
      name: 'staff',
      component: () => import('./pages/StaffPage.vue'),
      meta: { title: 'identity.staffNav', permission: 'identity.staff.read', tab: 'me' },
    },
    {
      path: '/places',
      name: 'places',
      component: () => import('./pages/PlacesPage.vue'),
      meta: { title: 'identity.places.title', permission: 'identity.places.manage', tab: 'me' },
    },
    {
      path: '/audit',
      name: 'audit',
      component: () => import('./pages/AuditPage.vue'),
      meta: { title: 'identity.audit.title', permission: 'identity.audit.read', tab: 'me' },
    },
  ],
  actions: [
    { id: 'language', icon: mdiTranslate, label: 'identity.act.language', run: async () => (await import('./parts/acts')).turnLanguage() },
    { id: 'dark', icon: mdiThemeLightDark, label: 'identity.act.theme', run: async () => (await import('./parts/acts')).turnTheme() },
    { id: 'sign-out', icon: mdiLogout, label: 'identity.signOut', run: async (router) => (await import('./parts/acts')).leave(router) },
  ],
  live: {
    institutions: () => [['institutions'], ['places']],
    me: () => [['sessions']],
    staff: () => [['staff'], ['institutions'], ['places']],
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
