import { inLanguage, say } from '@/kernel/i18n'
import { useSession } from '@/kernel/session'
import type { Found } from '@/kernel/center'
import * as api from '../customers.api'
import { recentCustomers } from './recentCustomers'

const SHOWN = 8

const foundOf = (card: api.CustomerCard): Found => ({
  id: card.id,
  name: card.name ?? null,
  number: card.number,
  detail: [card.number, card.phone_masked ?? '—', card.manager?.name ?? say('customers.openPool'), inLanguage(card.institution.name)].join(' · '),
  to: { name: 'customers', params: { id: card.id } },
})

export const findCustomers = async (text: string, signal: AbortSignal): Promise<Found[]> =>
  (await api.searchCustomers(text, signal)).items.slice(0, SHOWN).map(foundOf)

export const recallCustomers = async (signal: AbortSignal): Promise<Found[]> => {
  const ids = recentCustomers(useSession().me?.staff.id ?? 0)
  return ids.length === 0 ? [] : (await api.listCards(ids, signal)).items.map(foundOf)
}
