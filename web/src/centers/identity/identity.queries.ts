import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { createAction } from '@/kernel/action'
import { useSession } from '@/kernel/session'
import * as api from './identity.api'

export const useSignIn = () => {
  const session = useSession()
  return useMutation({
    mutationFn: ({ login, password }: { login: string; password: string }) => api.signIn(login, password),
    onSuccess: (me) => session.enter(me),
  })
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
