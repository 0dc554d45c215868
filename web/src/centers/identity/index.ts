import { mdiAccountCircleOutline, mdiAccountMultipleOutline } from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const identityCenter = defineCenter({
  id: 'identity',
  nav: [
    { route: 'staff', icon: mdiAccountMultipleOutline, label: 'identity.staffNav', order: 60, permission: 'identity.staff.read' },
    { route: 'me', icon: mdiAccountCircleOutline, label: 'identity.meNav', order: 90, tab: true },
  ],
  routes: [
    { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignInPage.vue'), meta: { bare: true, title: 'identity.signIn' } },
    { path: '/me', name: 'me', component: () => import('./pages/MePage.vue'), meta: { title: 'identity.meNav' } },
    {
      path: '/staff',
      name: 'staff',
      component: () => import('./pages/StaffPage.vue'),
      meta: { title: 'identity.staffNav', permission: 'identity.staff.read', tab: 'me' },
    },
  ],
  live: {
    me: () => [['sessions']],
    staff: () => [['staff'], ['institutions']],
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
