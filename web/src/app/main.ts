import '@/kit/styles/tokens.css'
import '@/kit/styles/quasar.sass'
import '@/kit/styles/quasar-fit.css'
import '@/kit/styles/base.css'
import '@/kit/styles/print.css'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { Quasar } from 'quasar'
import { createApp } from 'vue'
import { addMessages, speak } from '@/kernel/i18n'
import { installCenters } from '@/kernel/center'
import { onSignedOut } from '@/kernel/http'
import { watchBrowserLine } from '@/kernel/network'
import { usePreferences } from '@/kernel/preferences'
import { queryClient } from '@/kernel/queries'
import { useSession, wasSignedIn } from '@/kernel/session'
import App from './App.vue'
import { centers } from './centers'
import { loadFrame } from './frame'
import { headStart, makeRouter } from './router'
import { showUnreachable } from './unreachable'
import { reloadWhenUpdated } from './warm'

/** A device on which nobody was signed in shows the sign-in page without asking; who comes from the single sign-on is about to be. */
const askWho = async (session: ReturnType<typeof useSession>): Promise<void> => {
  if (location.pathname === '/sign-in/return' || (location.pathname === '/sign-in' && !wasSignedIn())) session.leave()
  else await session.load()
}

const start = async (): Promise<void> => {
  const app = createApp(App)
  app.use(createPinia())
  const preferences = usePreferences()
  const session = useSession()

  // the three things the first page waits for set off together
  const known = askWho(session)
  installCenters(centers)
  const router = makeRouter(centers)
  if (location.pathname !== '/sign-in') void loadFrame()
  headStart(router)
  for (const center of centers) addMessages(center.messages)
  addMessages({
    zh: async () => (await import('@/kernel/locales/zh')).zh,
    en: async () => (await import('@/kernel/locales/en')).en,
  })
  addMessages({
    zh: async () => (await import('@/shell/locales/zh')).zh,
    en: async () => (await import('@/shell/locales/en')).en,
  })
  await speak(preferences.language)
  try {
    await known
  } catch {
    showUnreachable()
    return
  }

  reloadWhenUpdated()
  watchBrowserLine()
  onSignedOut((problem) => session.leave(problem.text('reason')))
  app.use(VueQueryPlugin, { queryClient })
  app.use(Quasar, { config: { lang: { noHtmlAttrs: true } } })
  app.use(router)
  app.mount('#app')
}

void start()
