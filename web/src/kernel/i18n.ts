import { createI18n, useI18n } from 'vue-i18n'
import type { components } from '@/generated/api'
import type { Language } from './preferences'

type Words = components['schemas']['NameView']

/** Every part of the app adds its words here, so that a key is checked where it is used. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by module augmentation in locales/zh.ts
export interface MessageSchema {}

type Paths<T, Prefix extends string = ''> = {
  [Key in keyof T & string]: T[Key] extends string ? `${Prefix}${Key}` : Paths<T[Key], `${Prefix}${Key}.`>
}[keyof T & string]
export type MessageKey = Paths<MessageSchema>

type Tree = { [key: string]: string | Tree }
export type MessageLoaders = Record<Language, () => Promise<Tree>>

export const i18n = createI18n({
  legacy: false,
  locale: 'zh',
  fallbackLocale: 'zh',
  missingWarn: false,
  fallbackWarn: false,
  messages: {} as Record<Language, Tree>,
})

const loaders: MessageLoaders[] = []
const loaded = new Set<Language>()

export const addMessages = (added: MessageLoaders): void => {
  loaders.push(added)
}

/** Loads the words of one language once, without speaking it. */
export const learn = async (language: Language): Promise<void> => {
  if (loaded.has(language)) return
  const parts = await Promise.all(loaders.map((loader) => loader[language]()))
  i18n.global.setLocaleMessage(language, Object.assign({}, ...parts))
  loaded.add(language)
}

export const speak = async (language: Language): Promise<void> => {
  await learn(language)
  i18n.global.locale.value = language
}

type Named = Record<string, string | number>

/** Words of the interface by typed key; `count` picks the English plural. */
export const say = (key: MessageKey, named: Named = {}, count?: number): string =>
  count === undefined ? i18n.global.t(key, named) : i18n.global.t(key, { n: count, ...named }, count)

/** The same words in every language that has been learnt: what somebody types may be of either. */
export const sayInAll = (key: MessageKey): string[] => [...new Set((['zh', 'en'] as const).map((locale) => i18n.global.t(key, {}, { locale })))]

/** Words by a key the server named, such as a problem code; undefined when we have none. */
export const sayIfKnown = (key: string, named: Named = {}): string | undefined =>
  i18n.global.te(key) || i18n.global.te(key, 'zh') ? i18n.global.t(key, named) : undefined

/** The word for a code of a family that may grow, such as kinds of accounts; a code without a word shows as it is. */
export const wordFor = (family: string, code: string): string => sayIfKnown(`${family}.${code}`) ?? code

/** The words a member of staff or the bank gave, in the reader's language where there are such words. */
export const inLanguage = (words: Words | null | undefined): string => {
  if (!words) return ''
  return i18n.global.locale.value === 'en' ? (words.en ?? words.zh) : words.zh
}

export const useText = () => {
  useI18n()
  return { t: say, sayIfKnown, wordFor, named: inLanguage }
}
