import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { createAction } from '@/kernel/action'
import * as api from './assignment.api'

const RUNNING_LOOK_MS = 2_000

export const useHistory = (id: Ref<string>) =>
  useQuery({ queryKey: computed(() => ['customer', id.value, 'assignments']), queryFn: () => api.getHistory(id.value) })

export const useReceivers = (enabled: Ref<boolean>) => useQuery({ queryKey: ['receivers'], queryFn: api.listReceivers, enabled })

export const useMoves = () =>
  useInfiniteQuery({
    queryKey: ['moves'],
    queryFn: ({ pageParam }) => api.listMoves(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

/** A large move says how far it is: while it runs it is looked at again. */
export const useMove = (id: Ref<string>) =>
  useQuery({
    queryKey: computed(() => ['move', id.value]),
    queryFn: () => api.getMove(id.value),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? RUNNING_LOOK_MS : false),
  })

export const useMoveItems = (id: Ref<string>) =>
  useInfiniteQuery({
    queryKey: computed(() => ['move', id.value, 'items']),
    queryFn: ({ pageParam }) => api.listMoveItems(id.value, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const usePool = () =>
  useInfiniteQuery({
    queryKey: ['pool'],
    queryFn: ({ pageParam }) => api.listPool(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

/** Everything that shows whose a customer is. */
const STALE = [['customers'], ['customer'], ['moves'], ['move'], ['receivers'], ['pool']] as const

export const useHandover = () => {
  const client = useQueryClient()
  const act = createAction()
  const onSettled = () => Promise.all(STALE.map((queryKey) => client.invalidateQueries({ queryKey })))
  return {
    preview: useMutation({ mutationFn: api.previewMove }),
    make: useMutation({
      mutationFn: (given: { wish: api.MoveWish; seen: string; reason: string }) => act(given, (key) => api.makeMove(given.wish, given.seen, given.reason, key)),
      onSettled,
    }),
    undo: useMutation({ mutationFn: (id: string) => act({ undo: id }, (key) => api.undoMove(id, key)), onSettled }),
    decide: useMutation({
      mutationFn: ({ id, body }: { id: string; body: api.Decision }) => act({ id, body }, (key) => api.decide(id, body, key)),
      onSettled,
    }),
    claim: useMutation({ mutationFn: (id: string) => act({ claim: id }, (key) => api.claimCustomer(id, key)), onSettled }),
    release: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason: string }) => act({ id, reason }, (key) => api.releaseCustomer(id, reason, key)),
      onSettled,
    }),
  }
}
