import { mdiChartBar, mdiLightbulbOnOutline } from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const marketingCenter = defineCenter({
  id: 'marketing',
  nav: [
    { route: 'opportunities', icon: mdiLightbulbOnOutline, label: 'marketing.nav', order: 40, permission: 'marketing.read', tab: true },
    { route: 'results', icon: mdiChartBar, label: 'marketing.resultsNav', order: 50, permission: 'marketing.results' },
  ],
  routes: [
    {
      path: '/opportunities/:id?',
      name: 'opportunities',
      component: () => import('./pages/OpportunitiesPage.vue'),
      meta: { title: 'marketing.nav', permission: 'marketing.read' },
    },
    {
      path: '/results',
      name: 'results',
      component: () => import('./pages/ResultsPage.vue'),
      meta: { title: 'marketing.resultsNav', permission: 'marketing.results', tab: 'opportunities' },
    },
  ],
  origins: [
    {
      room: 'marketing',
      kind: 'opportunity',
      route: (id, act) => ({ name: 'opportunities', params: { id }, query: act ? { act } : {} }),
      component: () => import('./parts/OpportunityCard.vue'),
      acts: ['call', 'record'],
    },
  ],
  widgets: [{ slot: 'customer.opportunities', component: () => import('./parts/CustomerOpportunities.vue'), permission: 'marketing.read' }],
  live: {
    opportunities: () => [['opportunities'], ['results']],
    opportunity: (id) => [['opportunity', id], ['opportunities'], ['results']],
    results: () => [['results']],
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
