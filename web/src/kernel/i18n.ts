import { shallowReactive, shallowRef } from 'vue'
import type { components } from '@/generated/api'
import type { Language } from './preferences'

/** Own words and not a library of them: finding and filling a text is all we ask, and compiling messages cost a phone 80 ms. */
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

/** The language that is spoken now. */
export const language = shallowRef<Language>('zh')
/** What is said where the spoken language has no word. */
const FALLBACK: Language = 'zh'
const words = shallowReactive<Record<Language, ReadonlyMap<string, string>>>({ zh: new Map(), en: new Map() })

const flat = (tree: Tree, before = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[before + key, value] as [string, string]] : flat(value, `${before}${key}.`)))

/** Learns words of a language; what it knew already stays, or is said anew. */
export const learn = (spoken: Language, ...trees: Tree[]): void => {
  words[spoken] = new Map([...words[spoken], ...trees.flatMap((tree) => flat(tree))])
}

const loaders: MessageLoaders[] = []
const loaded = new Set<Language>()

export const addMessages = (added: MessageLoaders): void => {
  loaders.push(added)
}

/** Loads the words of one language once, without speaking it. */
export const load = async (wanted: Language): Promise<void> => {
  if (loaded.has(wanted)) return
  learn(wanted, ...(await Promise.all(loaders.map((loader) => loader[wanted]()))))
  loaded.add(wanted)
}

export const speak = async (wanted: Language): Promise<void> => {
  await load(wanted)
  language.value = wanted
}

type Named = Record<string, string | number>

const find = (key: string): string | undefined => words[language.value].get(key) ?? words[FALLBACK].get(key)

/** `one | many` has two forms, everything else one; `{name}` is filled in. */
const fill = (text: string, named: Named, count = 1): string => {
  const forms = text.split(' | ')
  const form = (count === 1 ? forms[0] : forms.at(-1)) ?? ''
  return form.replace(/\{(\w+)\}/g, (_, name: string) => String(named[name] ?? ''))
}

/** Words of the interface by typed key; `count` picks the English plural. */
export const say = (key: MessageKey, named: Named = {}, count?: number): string =>
  fill(find(key) ?? key, count === undefined ? named : { n: count, ...named }, count)

/** The same words in every language that has been learnt: what somebody types may be of either. */
export const sayInAll = (key: MessageKey): string[] => [...new Set(Object.values(words).flatMap((known) => known.get(key) ?? []))]

/** Words by a key the server named, such as a problem code; undefined when we have none. */
export const sayIfKnown = (key: string, named: Named = {}): string | undefined => {
  const text = find(key)
  return text === undefined ? undefined : fill(text, named)
}

/** The word for a code of a family that may grow, such as kinds of accounts; a code without a word shows as it is. */
export const wordFor = (family: string, code: string): string => sayIfKnown(`${family}.${code}`) ?? code

/** The words a member of staff or the bank gave, in the reader's language where there are such words. */
export const inLanguage = (name: Words | null | undefined): string => {
  if (!name) return ''
  return language.value === 'en' ? (name.en ?? name.zh) : name.zh
}

export const useText = () => ({ t: say, sayIfKnown, wordFor, named: inLanguage })
