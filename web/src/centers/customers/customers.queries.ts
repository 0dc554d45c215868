import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useSession } from '@/kernel/session'
import * as api from './customers.api'
import { noteCustomer } from './parts/recentCustomers'

export const useCustomers = (filter: Ref<api.CustomerFilter>, enabled: Ref<boolean>) =>
  useInfiniteQuery({
    queryKey: computed(() => ['customers', 'list', filter.value]),
    queryFn: ({ pageParam, signal }) => api.listCustomers(filter.value, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  })

export const useInstitutions = () => useQuery({ queryKey: ['institutions'], queryFn: api.listInstitutions })

export const useExportCount = (filter: Ref<api.CustomerFilter>) =>
  useQuery({ queryKey: computed(() => ['customers', 'export', filter.value]), queryFn: ({ signal }) => api.countExport(filter.value, signal), staleTime: 0 })

/** Long enough for the slowest browser to have begun saving. */
const REVOKED_AFTER_MS = 10_000
/** The file goes to the browser's downloads and nowhere else. */
export const useExport = () =>
  useMutation({
    mutationFn: async (body: api.ExportBody) => {
      const { blob, name } = await api.exportCustomers(body)
      const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name })
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), REVOKED_AFTER_MS)
    },
    gcTime: 0,
  })

const VIEWS = ['customer-views']
export const useViews = () => useQuery({ queryKey: VIEWS, queryFn: api.listViews })

const useViewChange = <Given>(change: (given: Given) => Promise<unknown>) => {
  const client = useQueryClient()
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: VIEWS }) })
}
export const useSaveView = () =>
  useViewChange(({ id, name, nameEn, filter, shared }: { id: string; name: string; nameEn?: string; filter: api.CustomerFilter; shared: boolean }) =>
    api.saveView(id, { name, name_en: nameEn, filter, shared }),
  )
export const useDropView = () => useViewChange(api.dropView)
export const useUseView = () => useMutation({ mutationFn: api.noteUse })

export const useCustomerSearch = (text: Ref<string>) =>
  useQuery({
    queryKey: computed(() => ['customers', 'search', text.value]),
    queryFn: ({ signal }) => api.searchCustomers(text.value, signal),
    enabled: computed(() => text.value !== ''),
    placeholderData: keepPreviousData,
  })

export const useCustomer = (id: Ref<string>) => {
  const session = useSession()
  return useQuery({
    queryKey: computed(() => ['customer', id.value]),
    queryFn: async () => {
      const page = await api.getCustomer(id.value)
      if (session.me) noteCustomer(session.me.staff.id, page.card.id)
      return page
    },
  })
}

export const useContacts = (id: Ref<string>, enabled: Ref<boolean>) =>
  useInfiniteQuery({
    queryKey: computed(() => ['customer', id.value, 'contacts']),
    queryFn: ({ pageParam }) => api.listContacts(id.value, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled,
  })

export const useRelations = (id: Ref<string>, on: Ref<string | undefined>) =>
  useQuery({
    queryKey: computed(() => ['customer', id.value, 'relations', on.value]),
    queryFn: () => api.getRelations(id.value, on.value),
    placeholderData: keepPreviousData,
  })

export const usePositions = (id: Ref<string>) =>
  useQuery({ queryKey: computed(() => ['customer', id.value, 'positions']), queryFn: () => api.listPositions(id.value) })

export const useDocuments = (id: Ref<string>) =>
  useQuery({ queryKey: computed(() => ['customer', id.value, 'documents']), queryFn: () => api.listDocuments(id.value) })

export const useNoteDocument = (id: Ref<string>) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ kind, body }: { kind: string; body: api.DocumentBody }) => api.setDocument(id.value, kind, body),
    onSettled: () => client.invalidateQueries({ queryKey: ['customer', id.value] }),
  })
}

export const useConsent = (id: Ref<string>) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ channel, granted }: { channel: api.Channel; granted: boolean }) => api.setConsent(id.value, channel, granted),
    onSettled: () => client.invalidateQueries({ queryKey: ['customer', id.value] }),
  })
}

/** The value in clear is never cached: it lives in the dialog that asked for it. */
export const useReveal = (id: Ref<string>) =>
  useMutation({ mutationFn: ({ field, reason }: { field: api.RevealField; reason: string }) => api.reveal(id.value, field, reason), gcTime: 0 })
