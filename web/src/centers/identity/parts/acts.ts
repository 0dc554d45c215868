import type { Router } from 'vue-router'
import { useOutbox } from '@/kernel/outbox'
import { usePreferences } from '@/kernel/preferences'
import { useSession } from '@/kernel/session'
import * as api from '../identity.api'

export const turnLanguage = (): void => {
  const preferences = usePreferences()
  preferences.language = preferences.language === 'zh' ? 'en' : 'zh'
}

/** To the other of what is seen now, also where the device has chosen it. */
export const turnTheme = (): void => {
  const preferences = usePreferences()
  preferences.theme = getComputedStyle(document.documentElement).colorScheme === 'dark' ? 'light' : 'dark'
}

/** While something waits to be sent, the own page asks first. */
export const leave = async (router: Router): Promise<void> => {
  if (useOutbox().waiting > 0) {
    await router.push({ name: 'me' })
    return
  }
  await api.signOut()
  useSession().leave()
}
