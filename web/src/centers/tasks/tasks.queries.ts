import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useText } from '@/kernel/i18n'
import { queryClient } from '@/kernel/queries'
import { useOutbox } from '@/kernel/outbox'
import { getTask, getToday, listTasks, paths, type Task, type TaskFilter } from './tasks.api'

export const taskKeys = {
  all: ['tasks'],
  today: ['tasks', 'today'],
  list: (filter: TaskFilter) => ['tasks', 'list', filter],
  one: (id: string) => ['task', id],
}

export const prefetchToday = () => queryClient.prefetchQuery({ queryKey: taskKeys.today, queryFn: getToday })
export const useToday = () => useQuery({ queryKey: taskKeys.today, queryFn: getToday })

export const useTasks = (filter: Ref<TaskFilter>) =>
  useInfiniteQuery({
    queryKey: computed(() => taskKeys.list(filter.value)),
    queryFn: ({ pageParam, signal }) => listTasks(filter.value, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  })

export const useTask = (id: Ref<string>) =>
  useQuery({ queryKey: computed(() => taskKeys.one(id.value)), queryFn: () => getTask(id.value) })

const staleAfter = (id?: string, customerId?: string): string[][] => [
  taskKeys.all,
  ...(id ? [taskKeys.one(id)] : []),
  ...(customerId ? [['customer', customerId]] : []),
]

/** What one may do to a to-do; each survives a dead line in the outbox. */
export const useTaskWrites = () => {
  const outbox = useOutbox()
  const { t, named } = useText()
  return {
    create: (body: { title: string; due_on: string; customer_id?: string }) =>
      outbox.submit<Task>(paths.create, body, t('tasks.create'), staleAfter(undefined, body.customer_id)),
    close: (task: Task, result: string) =>
      outbox.submit<Task>(paths.close(task.id), { result }, named(task.title), staleAfter(task.id, task.customer?.id)),
    reopen: (task: Task) => outbox.submit<Task>(paths.reopen(task.id), {}, named(task.title), staleAfter(task.id, task.customer?.id)),
  }
}
