import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { components } from '@/generated/api'
import { get } from './http'
import { Problem } from './problem'

export type Me = components['schemas']['MeView']
type Status = 'unknown' | 'in' | 'out'
/** Why a session ended, as the server says; the words are in locales. */
export type EndReason = 'idle' | 'absolute' | 'left' | 'moved' | 'signed_out' | 'replaced' | 'locked'

const END_REASONS: readonly EndReason[] = ['idle', 'absolute', 'left', 'moved', 'signed_out', 'replaced', 'locked']

/** The cookie cannot be read here; this only says whether asking for it is worth a round trip. */
const HINT_KEY = 'haoyou.session'
export const wasSignedIn = (): boolean => localStorage.getItem(HINT_KEY) !== null

/** Who is signed in, in which post. What a person may do is decided by the server; the face only hides what would be refused. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null)
  const status = ref<Status>('unknown')
  const endReason = ref<EndReason | null>(null)
  const permissions = computed(() => new Set(me.value?.permissions ?? []))

  const can = (permission: string | undefined): boolean => permission === undefined || permissions.value.has(permission)

  let aheadMs = 0
  /** The bank's date and time, to the minute, by the server's clock: `2026-11-22 08:30`. */
  const bankTime = (): string => new Date(Date.now() + aheadMs).toISOString().slice(0, 16).replace('T', ' ')

  const enter = (answer: Me): void => {
    const [wall] = /^[^.+Z]{19}/.exec(answer.local_time) ?? ['']
    aheadMs = Date.parse(`${wall}Z`) - Date.now()
    localStorage.setItem(HINT_KEY, '1')
    me.value = answer
    status.value = 'in'
    endReason.value = null
  }

  const leave = (reason?: string): void => {
    localStorage.removeItem(HINT_KEY)
    me.value = null
    status.value = 'out'
    endReason.value = END_REASONS.find((known) => known === reason) ?? null
  }

  /** Asks who we are; a 401 is an answer too (nobody), a lost connection is not. */
  const load = async (): Promise<void> => {
    try {
      enter(await get<Me>('/api/identity/v1/me'))
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error
      leave(error.text('reason'))
    }
  }

  return { me, status, endReason, permissions, bankTime, can, enter, leave, load }
})
