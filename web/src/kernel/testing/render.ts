import { VueQueryPlugin } from '@tanstack/vue-query'
import { render } from '@testing-library/vue'
import { createPinia, setActivePinia } from 'pinia'
import { Quasar } from 'quasar'
import type { Component } from 'vue'
import { createMemoryHistory, createRouter, type RouteRecordRaw } from 'vue-router'
import type { components } from '@/generated/api'
import { learn, type MessageLoaders } from '../i18n'
import { zh as kernelZh } from '../locales/zh'
import { queryClient } from '../queries'
import { useSession, type Me } from '../session'

const place: components['schemas']['InstitutionView'] = { id: 3, code: '0101', name: { zh: '青秀支行' }, kind: 'outlet', parent_id: 2 }
const role: Me['role'] = { code: 'relationship_manager', name: { zh: '客户经理' } }
const post: Me['post'] = { id: 1, role, institution: place, lines: ['retail'] }

/** Somebody to be signed in as. */
export const someone: Me = {
  staff: { id: 1, code: '81001', name: '陈嘉' },
  post,
  posts: [post],
  role,
  permissions: ['customers.read', 'tasks.read', 'tasks.work', 'marketing.read', 'marketing.work'],
  business_date: '2026-11-20',
  opened_on: '2026-01-05',
  currency: 'CNY',
  time_zone: 'Asia/Shanghai',
  local_time: '2026-11-20T09:00:00+08:00',
  bank_name: { zh: '示范银行' },
  watermark: '陈嘉 81001',
  must_change_password: false,
  password_sign_in: true,
}

type Scene = { props?: Record<string, unknown>; messages: MessageLoaders['zh']; me?: Me | null; routes?: RouteRecordRaw[]; at?: string }

/** Draws a component as a person in Chinese sees it, with everything the app puts around it. */
export const renderScene = async (component: Component, { props, messages, me = someone, routes = [], at = '/' }: Scene) => {
  const pinia = createPinia()
  setActivePinia(pinia)
  queryClient.clear()
  learn('zh', kernelZh, await messages())
  if (me) useSession().enter(me)
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { template: '<p />' } }, ...routes] })
  await router.push(at)
  const view = render(component, { props, global: { plugins: [pinia, [VueQueryPlugin, { queryClient }], Quasar, router] } })
  return { ...view, router }
}

/** A fetch that answers from a list, in order, and remembers what it was asked. */
export const answering = (...answers: (() => Response | Promise<Response>)[]) => {
  const asked: { url: string; method: string; headers: Headers; body: unknown }[] = []
  const fake = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    // the probe of a lost line is not what a test asks for
    if (String(url) === '/healthz') throw new TypeError('Failed to fetch')
    asked.push({ url: String(url), method: init.method ?? 'GET', headers: new Headers(init.headers), body: init.body ? JSON.parse(String(init.body)) : undefined })
    const next = answers[Math.min(asked.length, answers.length) - 1]
    if (!next) throw new TypeError('nothing answers')
    return next()
  }
  return { fake, asked }
}

export const json = (body: unknown, status = 200) => (): Response => new Response(JSON.stringify(body), { status })
export const problem = (status: number, code: string, more: Record<string, unknown> = {}) =>
  json({ type: 'about:blank', title: code, status, code, reference: 'r-1', ...more }, status)
export const lost = (): never => {
  throw new TypeError('Failed to fetch')
}
