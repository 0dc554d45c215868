import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { createAction } from '@/kernel/action'
import * as api from './duplicate.api'

export const useDuplicates = (enabled: Ref<boolean>) =>
  useInfiniteQuery({
    queryKey: ['duplicates'],
    queryFn: ({ pageParam }) => api.listDuplicates(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled,
  })

export const useMerges = (enabled: Ref<boolean>) =>
  useInfiniteQuery({
    queryKey: ['merges'],
    queryFn: ({ pageParam }) => api.listMerges(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled,
  })

/** Who a customer may be besides; looked for when somebody asks, not with every page. */
export const useDuplicatesOf = (id: Ref<string>, enabled: Ref<boolean>) =>
  useQuery({ queryKey: computed(() => ['customer', id.value, 'duplicates']), queryFn: () => api.findDuplicates(id.value), enabled, staleTime: 0 })

export const useComparison = (one: Ref<string>, other: Ref<string>) =>
  useQuery({ queryKey: computed(() => ['duplicates', 'comparison', one.value, other.value]), queryFn: () => api.compare(one.value, other.value) })

/** Everything that shows who is one customer. */
const STALE = [['duplicates'], ['merges'], ['customers'], ['customer']] as const

export const useMerging = () => {
  const client = useQueryClient()
  const act = createAction()
  const onSettled = () => Promise.all(STALE.map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    merge: useMutation({ mutationFn: (wish: api.MergeWish) => act(wish, (key) => api.merge(wish, key)), onSettled }),
    undo: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason: string }) => act({ id, reason }, (key) => api.undoMerge(id, reason, key)),
      onSettled,
    }),
    different: useMutation({ mutationFn: api.declareDifferent, onSettled }),
  }
}
