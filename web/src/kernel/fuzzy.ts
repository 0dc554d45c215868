/** How well what was typed names a thing: by its words, their first letters, or the first letters of their pinyin. */

/** The first character of each letter's syllables in the order of pinyin; no syllable begins with i, u or v. */
const FIRST = [...'阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨它穵夕丫帀']
const LETTERS = [...'abcdefghjklmnopqrstwxyz']
const HAN = /\p{Script=Han}/u
const byPinyin = new Intl.Collator('zh-CN-u-co-pinyin')

const initialOf = (character: string): string => {
  if (!HAN.test(character)) return character
  let found = ''
  for (const [at, first] of FIRST.entries()) if (byPinyin.compare(first, character) <= 0) found = LETTERS[at] ?? found
  return found
}

/** "客户经理" → "khjl"; other letters stay. */
export const initialsOf = (words: string): string => [...words].map(initialOf).join('').toLowerCase()

const squeeze = (words: string): string => words.toLowerCase().replaceAll(/[\s·,，。、()（）-]+/g, '')

/** The first letters of words: "Data intake" → "di". */
const acronymOf = (words: string): string => [...words.matchAll(/\b\p{Letter}/gu)].join('').toLowerCase()

const isScattered = (typed: string, words: string): boolean => {
  let at = 0
  for (const letter of typed) {
    at = words.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

/** 0 when these words do not answer to what was typed; more is better. */
const score = (typed: string, words: string): number => {
  const plain = squeeze(words)
  if (plain === typed) return 100
  if (plain.startsWith(typed)) return 80
  const initials = initialsOf(plain)
  if (initials !== plain && initials.startsWith(typed)) return 70
  if (plain.includes(typed)) return 60
  if (acronymOf(words).startsWith(typed)) return 50
  if (initials !== plain && initials.includes(typed)) return 40
  // letters in order, with others between: only where enough was typed to mean it
  return typed.length > 2 && isScattered(typed, plain) ? 20 : 0
}

/** The best of several ways to say one thing. */
export const match = (typed: string, ...words: string[]): number => {
  const wanted = squeeze(typed)
  return wanted === '' ? 1 : Math.max(...words.map((one) => score(wanted, one)))
}
