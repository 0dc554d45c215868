import { mdiAccountGroupOutline } from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const customersCenter = defineCenter({
  id: 'customers',
  nav: [{ route: 'customers', icon: mdiAccountGroupOutline, label: 'customers.nav', order: 20, permission: 'customers.read', tab: true }],
  routes: [
    {
      path: '/customers/:id?',
      name: 'customers',
      component: () => import('./pages/CustomersPage.vue'),
      meta: { title: 'customers.nav', permission: 'customers.read' },
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
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
