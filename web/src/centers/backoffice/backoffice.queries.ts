import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import * as api from './backoffice.api'

export const useImports = () =>
  useInfiniteQuery({
    queryKey: ['imports'],
    queryFn: ({ pageParam }) => api.listImports(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })

export const useImport = (id: Ref<string>) => useQuery({ queryKey: computed(() => ['import', id.value]), queryFn: () => api.getImport(id.value) })

export const useSources = () => useQuery({ queryKey: ['sources'], queryFn: api.listSources })

export const useSaveSource = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ code, body, version }: { code: string; body: api.SourceBody; version: number }) => api.saveSource(code, body, version),
    onSettled: () => client.invalidateQueries({ queryKey: ['sources'] }),
  })
}
