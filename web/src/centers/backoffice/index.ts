import { mdiDatabaseImportOutline } from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const backofficeCenter = defineCenter({
  id: 'backoffice',
  nav: [{ route: 'imports', icon: mdiDatabaseImportOutline, label: 'backoffice.nav', order: 80, permission: 'backoffice.imports.read' }],
  routes: [
    {
      path: '/imports/:id?',
      name: 'imports',
      component: () => import('./pages/ImportsPage.vue'),
      meta: { title: 'backoffice.nav', permission: 'backoffice.imports.read' },
    },
    {
      path: '/sources',
      name: 'sources',
      component: () => import('./pages/SourcesPage.vue'),
      meta: { title: 'backoffice.sources', permission: 'backoffice.imports.read' },
    },
  ],
  live: {
    imports: () => [['imports'], ['import'], ['sources']],
    sources: () => [['sources']],
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
