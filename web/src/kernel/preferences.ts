import { defineStore } from 'pinia'
import { ref, watchEffect } from 'vue'

export type Language = 'zh' | 'en'
export type ThemeChoice = 'light' | 'dark' | 'auto'
/** In China a rise is red and a fall is green; elsewhere the other way round. */
export type MoneyColours = 'red-up' | 'green-up'
type Preferences = { language: Language; theme: ThemeChoice; moneyColours: MoneyColours }

const STORAGE_KEY = 'haoyou.preferences'
const DEFAULTS: Preferences = { language: 'zh', theme: 'auto', moneyColours: 'red-up' }

const oneOf = <T extends string>(value: unknown, allowed: readonly T[], fallback: T): T =>
  allowed.find((option) => option === value) ?? fallback

/** Reads what an earlier visit stored; anything unknown becomes the default. */
export const parsePreferences = (text: string | null): Preferences => {
  let read: Record<string, unknown> = {}
  try {
    read = (JSON.parse(text ?? '{}') ?? {}) as Record<string, unknown>
  } catch {
    read = {}
  }
  return {
    language: oneOf(read.language, ['zh', 'en'], DEFAULTS.language),
    theme: oneOf(read.theme, ['light', 'dark', 'auto'], DEFAULTS.theme),
    moneyColours: oneOf(read.moneyColours, ['red-up', 'green-up'], DEFAULTS.moneyColours),
  }
}

const applyToPage = (preferences: Preferences): void => {
  const root = document.documentElement
  root.dataset.theme = preferences.theme
  root.dataset.moneyColours = preferences.moneyColours
  root.lang = preferences.language === 'zh' ? 'zh-CN' : 'en'
}

export const usePreferences = defineStore('preferences', () => {
  const stored = parsePreferences(localStorage.getItem(STORAGE_KEY))
  const language = ref(stored.language)
  const theme = ref(stored.theme)
  const moneyColours = ref(stored.moneyColours)

  watchEffect(() => {
    const now = { language: language.value, theme: theme.value, moneyColours: moneyColours.value }
    localStorage.setItem(STORAGE_KEY, JSON.stringify(now))
    applyToPage(now)
  })
  return { language, theme, moneyColours }
})
