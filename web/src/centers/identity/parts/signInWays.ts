import { shallowRef } from 'vue'
import type { Ways } from '../identity.api'

const STORAGE_KEY = 'haoyou.sign-in-ways'
const PASSWORD_ONLY: Ways = { password: 'anybody', single_sign_on: null }

/** How this house let people in when this device asked last. */
export const rememberedWays = (): Ways => {
  try {
    const read = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null') as Partial<Ways> | null
    const known = read?.password === 'anybody' || read?.password === 'reserved' || read?.password === 'nobody'
    if (!known || !read?.password) return PASSWORD_ONLY
    const label = read.single_sign_on
    return { password: read.password, single_sign_on: typeof label?.zh === 'string' ? label : null }
  } catch {
    return PASSWORD_ONLY
  }
}

export const rememberWays = (ways: Ways): void => localStorage.setItem(STORAGE_KEY, JSON.stringify(ways))

/** Why the single sign-on has just not let somebody in; said once, on the sign-in page. */
export const refusal = shallowRef<{ sentence: string; reference: string } | null>(null)
