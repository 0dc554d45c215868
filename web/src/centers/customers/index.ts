import { mdiAccountGroupOutline, mdiAccountMultipleCheckOutline, mdiAccountSwitchOutline, mdiWaves } from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const customersCenter = defineCenter({
  id: 'customers',
  nav: [
    { route: 'customers', icon: mdiAccountGroupOutline, label: 'customers.nav', order: 20, permission: 'customers.read', tab: true },
    { route: 'pool', icon: mdiWaves, label: 'handover.poolNav', order: 24, permission: 'customers.pool' },
    { route: 'moves', icon: mdiAccountSwitchOutline, label: 'handover.movesNav', order: 26, permission: 'customers.assign' },
    { route: 'duplicates', icon: mdiAccountMultipleCheckOutline, label: 'merging.nav', order: 28, permission: 'customers.merge' },
  ],
  routes: [
    {
      path: '/customers/:id?',
      name: 'customers',
      component: () => import('./pages/CustomersPage.vue'),
      meta: { title: 'customers.nav', permission: 'customers.read' },
    },
    {
      path: '/pool',
      name: 'pool',
      component: () => import('./pages/PoolPage.vue'),
      meta: { title: 'handover.poolNav', permission: 'customers.pool', tab: 'me' },
    },
    {
      path: '/moves/:id?',
      name: 'moves',
      component: () => import('./pages/MovesPage.vue'),
      meta: { title: 'handover.movesNav', permission: 'customers.assign', tab: 'me' },
    },
    {
      path: '/duplicates/:one?/:other?',
      name: 'duplicates',
      component: () => import('./pages/DuplicatesPage.vue'),
      meta: { title: 'merging.nav', permission: 'customers.merge', tab: 'me' },
    },
  ],
  origins: [
    {
      room: 'customers',
      kind: 'document',
      route: (id) => ({ name: 'customers', params: { id }, query: { tab: 'documents' } }),
      component: () => import('./parts/CustomerDocuments.vue'),
      acts: [],
    },
  ],
  widgets: [{ slot: 'shell.search', component: () => import('./parts/CustomerSearch.vue'), permission: 'customers.read' }],
  live: {
    customers: () => [['customers']],
    customer: (id) => [['customer', id], ['customers']],
    moves: () => [['moves']],
    move: (id) => [['move', id], ['moves']],
    pool: () => [['pool']],
    duplicates: () => [['duplicates']],
    merges: () => [['merges']],
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
