import { expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'

type Tree = { [key: string]: string | Tree }
const modules = import.meta.glob<Record<'zh' | 'en', Tree>>('../**/locales/{zh,en}.ts', { eager: true })
const flat = (tree: Tree, before = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[before + key, value] as [string, string]] : flat(value, `${before}${key}.`)))
const wordsOf = (language: 'zh' | 'en'): Map<string, string> =>
  new Map(Object.entries(modules).filter(([path]) => path.endsWith(`/${language}.ts`)).flatMap(([, module]) => flat(module[language])))

const zh = wordsOf('zh')
const en = wordsOf('en')
const places = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort()

test('both languages have the same words, and all of them were read', () => {
  expect(zh.size).toBeGreaterThan(400)
  expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
})

test('every sentence of both languages can be said, with the same places to fill', () => {
  for (const [language, words] of [['zh', zh], ['en', en]] as const) {
    const i18n = createI18n({ legacy: false, locale: language, messages: { [language]: Object.fromEntries(words) }, flatJson: true })
    for (const [key, text] of words) {
      expect(i18n.global.t(key, Object.fromEntries(places(text).map((name) => [name, 'X'])))).not.toMatch(/[{}]/)
      expect([key, places(text)]).toEqual([key, places(zh.get(key) ?? '')])
    }
  }
})

test('Chinese is written with Chinese punctuation', () => {
  const wrong = [...zh].filter(([, text]) => /[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]/.test(text))
  expect(wrong).toEqual([])
})
