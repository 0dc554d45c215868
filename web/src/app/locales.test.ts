import { afterEach, expect, test } from 'vitest'
import { language, learn, say, sayIfKnown } from '@/kernel/i18n'

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

afterEach(() => void (language.value = 'zh'))

test('every sentence of both languages can be said, with the same places to fill', () => {
  for (const [spoken, words] of [['zh', zh], ['en', en]] as const) {
    learn(spoken, Object.fromEntries(words))
    language.value = spoken
    for (const [key, text] of words) {
      expect(sayIfKnown(key, Object.fromEntries(places(text).map((name) => [name, 'X'])))).toMatch(/^[^{}|]+$/)
      expect([key, places(text)]).toEqual([key, places(zh.get(key) ?? '')])
    }
  }
})

test('English counts, and what it has no word for is said in Chinese', () => {
  learn('en', { common: { daysAgo: '{n} day ago | {n} days ago' } })
  learn('zh', { common: { daysAgo: '{n} 天前' }, onlyHere: '{who}在此' })
  language.value = 'en'
  expect([1, 0, 2].map((count) => say('common.daysAgo', {}, count))).toEqual(['1 day ago', '0 days ago', '2 days ago'])
  expect(sayIfKnown('onlyHere', { who: '王芳' })).toBe('王芳在此')
  expect(sayIfKnown('nowhere')).toBeUndefined()
  language.value = 'zh'
  expect(say('common.daysAgo', {}, 2)).toBe('2 天前')
})

test('Chinese is written with Chinese punctuation', () => {
  const wrong = [...zh].filter(([, text]) => /[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]/.test(text))
  expect(wrong).toEqual([])
})
