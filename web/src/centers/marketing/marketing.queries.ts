import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useOutbox } from '@/kernel/outbox'
import * as api from './marketing.api'

export const opportunityKeys = {
  all: ['opportunities'],
  list: (status: api.OpportunityStatus, rule: api.RuleCode | undefined) => ['opportunities', status, rule ?? 'all'],
  one: (id: string) => ['opportunity', id],
}

export const useOpportunities = (status: Ref<api.OpportunityStatus>, rule: Ref<api.RuleCode | undefined>) =>
  useInfiniteQuery({
    queryKey: computed(() => opportunityKeys.list(status.value, rule.value)),
    queryFn: ({ pageParam }) => api.listOpportunities(status.value, rule.value, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const useOpportunity = (id: Ref<string>) =>
  useQuery({ queryKey: computed(() => opportunityKeys.one(id.value)), queryFn: () => api.getOpportunity(id.value) })

export const useReserve = (id: Ref<string>) => {
  return useMutation({
    mutationFn: ({ channel, reservationId }: { channel: api.Channel; reservationId: string }) => api.reserve(id.value, channel, reservationId),
  })
}

export const useRecordContact = () => {
  const outbox = useOutbox()
  const client = useQueryClient()
  return async (opportunity: api.Opportunity, draft: api.ContactDraft, label: string): Promise<boolean> => {
    const body = {
      channel: draft.channel,
      outcome: draft.outcome,
      note: draft.note.trim() || null,
      next_on: draft.next_on,
      reservation_id: draft.reservation_id,
    }
    const stale = [opportunityKeys.all, ['tasks'], ['task'], ['results'], ['customers'], ['customer', opportunity.customer.id], opportunityKeys.one(opportunity.id)]
    const outcome = await outbox.submit<api.Opportunity>(api.contactsPath(opportunity.id), body, label, stale)
    if (outcome.sent) client.setQueryData(opportunityKeys.one(opportunity.id), outcome.answer)
    return outcome.sent
  }
}

export const useResults = (period: Ref<{ from?: string; to?: string }>) =>
  useQuery({ queryKey: computed(() => ['results', period.value]), queryFn: () => api.getResults(period.value.from, period.value.to) })
