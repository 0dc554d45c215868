import type { components } from '@/generated/api'

type Words = components['schemas']['NameView']
const STORAGE_KEY = 'haoyou.bank'

/** The name of the bank this device signed in to before: nobody is asked for it before sign-in. */
export const rememberedBank = (): Words | null => {
  try {
    const read = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null') as Partial<Words> | null
    return typeof read?.zh === 'string' ? { zh: read.zh, en: typeof read.en === 'string' ? read.en : null } : null
  } catch {
    return null
  }
}

export const rememberBank = (name: Words): void => localStorage.setItem(STORAGE_KEY, JSON.stringify(name))
