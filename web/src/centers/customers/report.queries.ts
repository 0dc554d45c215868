import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { createAction } from '@/kernel/action'
import * as api from './report.api'

export const useReports = (customerId: Ref<string>) =>
  useInfiniteQuery({
    queryKey: computed(() => ['reports', 'customer', customerId.value]),
    queryFn: ({ pageParam }) => api.listReports(customerId.value, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const useMyReports = () =>
  useInfiniteQuery({
    queryKey: ['reports', 'mine'],
    queryFn: ({ pageParam }) => api.listMyReports(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const useReport = (id: Ref<string>) => useQuery({ queryKey: computed(() => ['report', id.value]), queryFn: () => api.getReport(id.value) })

export const useReportForm = (customerId: Ref<string>) =>
  useQuery({ queryKey: computed(() => ['reports', 'form', customerId.value]), queryFn: () => api.getForm(customerId.value) })

export const useColleagues = (words: Ref<string>) =>
  useQuery({
    queryKey: computed(() => ['colleagues', words.value]),
    queryFn: ({ signal }) => api.findColleagues(words.value, signal),
    enabled: computed(() => words.value !== ''),
    placeholderData: keepPreviousData,
  })

/** A report changes the lists, the customer's history, and to-dos. */
const STALE = [['reports'], ['report'], ['customer'], ['customers'], ['tasks']] as const

export const useReportWrites = () => {
  const client = useQueryClient()
  const act = createAction()
  const onSettled = () => Promise.all(STALE.map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    file: useMutation({ mutationFn: (given: { id: string; body: api.Filing }) => act(given, (key) => api.fileReport(given.id, given.body, key)), onSettled }),
    amend: useMutation({ mutationFn: (given: { id: string; body: api.Amendment }) => act(given, (key) => api.amendReport(given.id, given.body, key)), onSettled }),
    withdraw: useMutation({
      mutationFn: (given: { id: string; reason: string }) => act(given, (key) => api.withdrawReport(given.id, given.reason, key)),
      onSettled,
    }),
    finish: useMutation({ mutationFn: (given: { id: string; number: number }) => api.finishStep(given.id, given.number), onSettled }),
    drop: useMutation({ mutationFn: api.dropDraft, onSettled }),
  }
}
