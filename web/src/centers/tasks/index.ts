import { mdiCheckboxMarkedCircleOutline, mdiViewDashboardOutline } from '@quasar/extras/mdi-v7'
import { defineCenter } from '@/kernel/center'

export const tasksCenter = defineCenter({
  id: 'tasks',
  nav: [
    { route: 'today', icon: mdiViewDashboardOutline, label: 'tasks.todayNav', order: 10, permission: 'tasks.read', tab: true },
    { route: 'tasks', icon: mdiCheckboxMarkedCircleOutline, label: 'tasks.nav', order: 30, permission: 'tasks.read', tab: true },
  ],
  routes: [
    {
      path: '/today',
      name: 'today',
      component: () => import('./pages/TodayPage.vue'),
      meta: { title: 'tasks.todayNav', permission: 'tasks.read', prefetch: async () => (await import('./tasks.queries')).prefetchToday() },
    },
    {
      path: '/tasks/:id?',
      name: 'tasks',
      component: () => import('./pages/TasksPage.vue'),
      meta: { title: 'tasks.nav', permission: 'tasks.read' },
    },
  ],
  origins: [
    {
      room: 'tasks',
      kind: 'own',
      route: (id) => ({ name: 'tasks', params: { id } }),
      component: () => import('./parts/TaskDetail.vue'),
      acts: [],
    },
  ],
  widgets: [
    { slot: 'customer.tasks', component: () => import('./parts/CustomerTasks.vue'), permission: 'tasks.read' },
    { slot: 'customer.new-task', component: () => import('./parts/NewTaskSheet.vue'), permission: 'tasks.work' },
  ],
  live: {
    tasks: () => [['tasks']],
    task: (id) => [['task', id], ['tasks']],
  },
  messages: {
    zh: async () => (await import('./locales/zh')).zh,
    en: async () => (await import('./locales/en')).en,
  },
})
