import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { createAction } from '@/kernel/action'
import { queryClient } from '@/kernel/queries'
import { useSession } from '@/kernel/session'
import { rememberedWays, rememberWays } from './parts/signInWays'
import * as api from './identity.api'

export const useSignIn = () => {
  const session = useSession()
  return useMutation({
    mutationFn: ({ login, password }: { login: string; password: string }) => api.signIn(login, password),
    onSuccess: (me) => session.enter(me),
  })
}

/** Until the house has answered, what it answered last time: the page must not change under somebody's hands. */
const ways = {
  queryKey: ['sign-in-ways'],
  queryFn: async () => {
    const now = await api.listWays()
    rememberWays(now)
    return now
  },
}
export const prefetchWays = () => queryClient.prefetchQuery(ways)
export const useWays = () => useQuery({ ...ways, placeholderData: rememberedWays })

export const useSignOn = () => useMutation({ mutationFn: api.beginSignOn, onSuccess: ({ address }) => location.assign(address) })

export const useFinishSignOn = () => {
  const session = useSession()
  return useMutation({ mutationFn: api.finishSignOn, onSuccess: ({ me }) => session.enter(me) })
}

export const useSignOut = () => {
  const session = useSession()
  return useMutation({ mutationFn: api.signOut, onSuccess: () => session.leave() })
}

export const useSwitchPost = () => {
  const session = useSession()
  return useMutation({ mutationFn: (postId: number) => api.switchPost(postId), onSuccess: (me) => session.enter(me) })
}

export const useChangePassword = () =>
  useMutation({ mutationFn: ({ current, next }: { current: string; next: string }) => api.changePassword(current, next) })

export const useSessions = () => useQuery({ queryKey: ['sessions'], queryFn: api.listSessions })
export const useEndSession = () => {
  const client = useQueryClient()
  return useMutation({ mutationFn: (id: string) => api.endSession(id), onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }) })
}

export const useInstitutions = () => useQuery({ queryKey: ['institutions'], queryFn: api.listInstitutions })

export const useStaff = (institutionId: Ref<number | undefined>) =>
  useInfiniteQuery({
    queryKey: ['staff', computed(() => institutionId.value ?? null)],
    queryFn: ({ pageParam }) => api.listStaff(institutionId.value, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const useStaffChange = () => {
  const client = useQueryClient()
  const act = createAction()
  const onSuccess = () => client.invalidateQueries({ queryKey: ['staff'] })
  return {
    leave: useMutation({
      mutationFn: ({ id, reason }: { id: number; reason: string }) => act({ id, reason }, (key) => api.letStaffLeave(id, reason, key)),
      onSuccess,
    }),
    move: useMutation({
      mutationFn: ({ id, postId, institutionId }: { id: number; postId: number; institutionId: number }) =>
        act({ id, postId, institutionId }, (key) => api.moveStaff(id, { post_id: postId, institution_id: institutionId }, key)),
      onSuccess,
    }),
  }
}

export const usePlaces = () => useQuery({ queryKey: ['places'], queryFn: api.listPlaces })

export const usePlaceMove = (id: number, parentId: Ref<number | undefined>) =>
  useQuery({
    queryKey: ['place-move', id, computed(() => parentId.value ?? null)],
    queryFn: () => api.previewPlaceMove(id, parentId.value ?? id),
    enabled: computed(() => parentId.value !== undefined),
  })

export const usePlaceChange = () => {
  const client = useQueryClient()
  const act = createAction()
  const onSuccess = async (): Promise<void> => {
    await Promise.all([['places'], ['institutions'], ['place-move']].map((queryKey) => client.invalidateQueries({ queryKey })))
  }
  return {
    add: useMutation({ mutationFn: (body: api.NewPlace) => act(body, (key) => api.addPlace(body, key)), onSuccess }),
    rename: useMutation({ mutationFn: ({ id, name }: { id: number; name: api.NewPlace['name'] }) => api.renamePlace(id, name), onSuccess }),
    close: useMutation({ mutationFn: (id: number) => act({ close: id }, (key) => api.closePlace(id, key)), onSuccess }),
    move: useMutation({
      mutationFn: ({ id, ...body }: { id: number; parent_id: number; from_parent_id: number }) =>
        act({ id, body }, (key) => api.movePlace(id, body, key)),
      onSuccess,
    }),
  }
}

export const useAudit = (query: Ref<api.AuditQuery>) =>
  useInfiniteQuery({
    queryKey: ['audit', query],
    queryFn: ({ pageParam }) => api.listAudit(query.value, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    gcTime: 0, // each look is put on record: an old one is not kept to be shown again
  })

export const useVerifyAudit = () => useMutation({ mutationFn: (body: { since?: string; until?: string }) => api.verifyAudit(body) })

export const useHoldings = (id: number) => useQuery({ queryKey: ['holdings', id], queryFn: () => api.listHoldings(id) })

export const useAccountChange = () => {
  const client = useQueryClient()
  const act = createAction()
  const onSuccess = () => client.invalidateQueries({ queryKey: ['staff'] })
  return {
    join: useMutation({ mutationFn: (body: api.Joiner) => api.joinStaff(body), onSuccess }),
    addPost: useMutation({
      mutationFn: ({ id, body }: { id: number; body: api.NewPost }) => act({ id, body }, (key) => api.addPost(id, body, key)),
      onSuccess,
    }),
    endPost: useMutation({
      mutationFn: ({ id, postId }: { id: number; postId: number }) => act({ id, postId }, (key) => api.endPost(id, postId, key)),
      onSuccess,
    }),
    reset: useMutation({ mutationFn: (id: number) => api.resetPassword(id) }),
    lock: useMutation({
      mutationFn: ({ id, locked, reason }: { id: number; locked: boolean; reason: string }) => api.lockStaff(id, locked, reason),
      onSuccess,
    }),
  }
}
