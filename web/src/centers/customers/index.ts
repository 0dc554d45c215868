import { mdiAccountGroupOutline, mdiAccountMultipleCheckOutline, mdiAccountOutline, mdiAccountSwitchOutline, mdiDownload, mdiNotebookOutline, mdiWaves } from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const customersCenter = defineCenter({
  id: 'customers',
  nav: [
    { route: 'customers', icon: mdiAccountGroupOutline, label: 'customers.nav', order: 20, permission: 'customers.read', tab: true },
    { route: 'pool', icon: mdiWaves, label: 'handover.poolNav', order: 24, permission: 'customers.pool' },
    { route: 'moves', icon: mdiAccountSwitchOutline, label: 'handover.movesNav', order: 26, permission: 'customers.assign' },
    { route: 'reports', icon: mdiNotebookOutline, label: 'reports.nav', order: 22, permission: 'customers.report' },
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
      path: '/reports/:id?',
      name: 'reports',
      component: () => import('./pages/ReportsPage.vue'),
      meta: { title: 'reports.nav', permission: 'customers.read', tab: 'me' },
    },
    {
      path: '/customers/:customer/reports/:id/edit',
      name: 'report-edit',
      component: () => import('./pages/ReportEditPage.vue'),
      meta: { title: 'reports.one', permission: 'customers.report', tab: 'customers' },
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
    {
      room: 'customers',
      kind: 'report',
      route: (id) => ({ name: 'reports', params: { id } }),
      component: () => import('./parts/ReportDetail.vue'),
      acts: [],
    },
  ],
  widgets: [{ slot: 'shell.search', component: () => import('./parts/CustomerSearch.vue'), permission: 'customers.read' }],
  actions: [
    { id: 'move', icon: mdiAccountSwitchOutline, label: 'handover.newMove', permission: 'customers.assign', run: (router) => router.push('/moves/new') },
    { id: 'export', icon: mdiDownload, label: 'customers.export', permission: 'customers.export', run: (router) => router.push('/customers?act=export') },
  ],
  finders: [
    {
      id: 'customers',
      icon: mdiAccountOutline,
      label: 'customers.nav',
      recentLabel: 'customers.recent',
      permission: 'customers.read',
      find: async (text, signal) => (await import('./parts/customerFinder')).findCustomers(text, signal),
      recall: async (signal) => (await import('./parts/customerFinder')).recallCustomers(signal),
    },
  ],
  live: {
    customers: () => [['customers']],
    customer: (id) => [['customer', id], ['customers']],
    moves: () => [['moves']],
    move: (id) => [['move', id], ['moves']],
    pool: () => [['pool']],
    reports: () => [['reports']],
    report: (id) => [['report', id], ['reports']],
    duplicates: () => [['duplicates']],
    merges: () => [['merges']],
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
