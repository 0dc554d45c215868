/**
 * A stand-in for the back end while screens are made: the contract's paths over a bank in memory, on loopback.
 * Sign in as 81001 / demo (relationship manager), 81002 (branch manager), 89999 (administrator).
 * A call to every fifth opportunity is refused. Not part of any build.
 */
import { createServer } from 'node:http'
import { randomUUID } from 'node:crypto'
import { TODAY, addDays, customers, documents, institutions, money, opportunities, pageOf, positionsOf, refusals, relationsOf, roles, staff, tasks } from './bank.mjs'

const PORT = Number(process.env.MOCK_PORT ?? 8791)
const sessions = new Map()
const answers = new Map()
const drafts = new Map()
const lines = new Set()
let failures = 0

class Refusal extends Error {
  constructor(status, code, more = {}) {
    super(code)
    this.status = status
    this.body = { type: 'about:blank', title: code, status, code, reference: randomUUID().slice(0, 8), ...more }
  }
}
const tell = (...keys) => {
  for (const line of lines) line.write(`id: 1-${Date.now()}\nevent: changed\ndata: ${JSON.stringify({ keys })}\n\n`)
}
const WORK = ['customers.read', 'customers.reveal', 'tasks.read', 'tasks.work', 'marketing.read', 'marketing.work', 'marketing.results']
const PERMISSIONS = { relationship_manager: WORK, branch_manager: [...WORK, 'identity.staff.read', 'identity.staff.manage'], administrator: ['identity.staff.read', 'identity.staff.manage'] }
const administrator = { id: 99, code: '89999', name: '系统管理员', status: 'active', posts: [{ id: 99, role: roles.administrator, institution: institutions[0], lines: [] }] }
const everyone = [...staff, administrator]
const meOf = (session) => {
  const person = everyone.find((one) => one.id === session.staffId)
  const post = person.posts.find((one) => one.id === session.postId) ?? person.posts[0]
  return {
    staff: { id: person.id, code: person.code, name: person.name }, post, posts: person.posts, permissions: PERMISSIONS[post.role.code] ?? WORK,
    business_date: TODAY, opened_on: '2026-01-05', currency: 'CZK', time_zone: 'Asia/Shanghai', local_time: new Date().toISOString(), bank_name: { zh: '北部湾示范银行', en: 'Beibu Demonstration Bank' },
    watermark: `${person.name} ${person.code}`, role: post.role,
  }
}
const page = (list, query, size = 30) => {
  const from = Number(query.get('after') ?? 0)
  const limit = Math.min(Number(query.get('limit') ?? size), 100)
  return { items: list.slice(from, from + limit), next: from + limit < list.length ? String(from + limit) : null }
}
const found = (thing) => {
  if (!thing) throw new Refusal(404, 'not_found')
  return thing
}
const today = () => {
  const open = tasks.filter((task) => task.status === 'open').sort((a, b) => b.priority - a.priority)
  return {
    business_date: TODAY,
    counts: { open: open.length, overdue: open.filter((task) => task.due_on < TODAY).length, due_today: open.filter((task) => task.due_on === TODAY).length, done_today: tasks.filter((task) => task.closed_at).length + 6 },
    items: open.filter((task) => task.due_on <= addDays(TODAY, 3)).slice(0, 50),
  }
}
const matching = (text) => (card) => !text || `${card.name ?? ''} ${card.number} ${card.phone_masked}`.includes(text)

const routes = [
  ['POST', /^\/api\/identity\/v1\/sign-in$/, ({ body, reply }) => {
    const person = everyone.find((one) => one.code === body.login)
    if (!person || body.password !== 'demo') {
      failures += 1
      if (failures % 4 === 0) throw new Refusal(429, 'identity.locked', { retry_after_s: 20 })
      throw new Refusal(401, 'identity.bad_credentials')
    }
    const id = randomUUID()
    sessions.set(id, { staffId: person.id, postId: person.posts[0].id })
    reply.setHeader('Set-Cookie', `haoyou_mock=${id}; HttpOnly; SameSite=Strict; Path=/`)
    return meOf(sessions.get(id))
  }, true],
  ['POST', /\/identity\/v1\/sign-out$/, ({ sessionId }) => void sessions.delete(sessionId)],
  ['GET', /\/identity\/v1\/me$/, ({ session }) => meOf(session)],
  ['POST', /\/identity\/v1\/post$/, ({ session, body }) => ((session.postId = body.post_id), meOf(session))],
  ['POST', /\/identity\/v1\/password$/, ({ body }) => {
    if (body.current !== 'demo') throw new Refusal(401, 'identity.bad_credentials')
  }],
  ['GET', /\/identity\/v1\/sessions$/, () => ({ items: [
    { id: 's1', device: 'Chrome · Windows', created_at: '2026-11-20T00:30:00Z', seen_at: '2026-11-20T06:10:00Z', current: true, institution: institutions[2] },
    { id: 's2', device: 'Safari · iPhone', created_at: '2026-11-18T00:30:00Z', seen_at: '2026-11-19T09:41:00Z', current: false, institution: institutions[2] },
  ] })],
  ['DELETE', /\/identity\/v1\/sessions\/(.+)$/, () => undefined],
  ['GET', /\/identity\/v1\/institutions$/, () => ({ items: institutions })],
  ['GET', /\/identity\/v1\/staff$/, ({ query }) => page(everyone.filter((one) => !query.get('institution_id') || one.posts.some((post) => String(post.institution.id) === query.get('institution_id'))), query)],
  ['POST', /\/identity\/v1\/staff\/(\d+)\/leave$/, ({ params, body }) => {
    if (!body.reason || body.reason.length < 4) throw new Refusal(422, 'invalid', { errors: [{ field: 'reason', code: 'too_short', message: 'too short' }] })
    return Object.assign(found(everyone.find((one) => String(one.id) === params[0])), { status: 'left' })
  }],
  ['POST', /\/identity\/v1\/staff\/(\d+)\/move$/, ({ params, body }) => {
    const person = found(everyone.find((one) => String(one.id) === params[0]))
    found(person.posts.find((post) => post.id === body.post_id)).institution = institutions[body.institution_id - 1]
    return person
  }],

  ['GET', /\/customers\/v1\/customers$/, ({ query, session }) => {
    const list = customers
      .filter((card) => (query.get('view') === 'mine' ? card.manager?.id === session.staffId : true) && (!query.get('line') || card.line === query.get('line')) && matching(query.get('q'))(card))
      .sort((a, b) => (query.get('sort') === 'name' ? (a.name ?? '').localeCompare(b.name ?? '', 'zh') : query.get('sort') === 'recent' ? (b.last_contact_on ?? '').localeCompare(a.last_contact_on ?? '') : b.aum.minor - a.aum.minor))
    return { ...page(list, query), count: list.length }
  }],
  ['GET', /\/customers\/v1\/search$/, ({ query }) => ({ items: customers.filter(matching(query.get('q'))).slice(0, 20) })],
  ['GET', /\/customers\/v1\/customers\/([^/]+)$/, ({ params }) => pageOf(found(customers.find((card) => card.id === params[0])))],
  ['GET', /\/customers\/v1\/customers\/([^/]+)\/contacts$/, ({ params, query }) => page(pageOf(found(customers.find((card) => card.id === params[0]))).contacts, query)],
  ['GET', /\/customers\/v1\/customers\/([^/]+)\/relations$/, ({ params }) => relationsOf(found(customers.find((card) => card.id === params[0])))],
  ['GET', /\/customers\/v1\/customers\/([^/]+)\/positions$/, ({ params }) => positionsOf(found(customers.find((card) => card.id === params[0])))],
  ['GET', /\/customers\/v1\/customers\/([^/]+)\/documents$/, () => ({ items: documents })],
  ['PUT', /\/customers\/v1\/customers\/([^/]+)\/documents\/([^/]+)$/, ({ params, body }) => {
    Object.assign(found(documents.find((one) => one.kind === params[1])), { state: body.held ? 'valid' : 'missing', expires_on: body.expires_on ?? null, origin: body.held ? 'staff' : null, noted_by: body.held ? { id: 1, name: '陈嘉' } : null })
    tell(`customer:${params[0]}`)
  }],
  ['POST', /\/customers\/v1\/customers\/([^/]+)\/reveal$/, ({ body }) => ({ value: { phone: '+8613877120199', id_number: '450103197805171234', birth_date: '1978-05-17', address: '广西南宁市青秀区民族大道100号' }[body.field] })],

  ['POST', /\/customers\/v1\/customers\/([^/]+)\/consents$/, ({ params, body }) => {
    const others = (refusals.get(params[0]) ?? []).filter((channel) => channel !== body.channel)
    refusals.set(params[0], body.granted ? others : [...others, body.channel])
    tell(`customer:${params[0]}`)
  }],

  ['GET', /\/tasks\/v1\/today$/, today],
  ['GET', /\/tasks\/v1\/tasks$/, ({ query }) => {
    const due = query.get('due')
    const list = tasks.filter((task) => task.status === (query.get('status') ?? 'open') && (!due || (due === 'overdue' ? task.due_on < TODAY : due === 'today' ? task.due_on === TODAY : task.due_on > TODAY)) && (!query.get('q') || JSON.stringify([task.title, task.customer]).includes(query.get('q'))))
    return { ...page(list, query), count: list.length }
  }],
  ['GET', /\/tasks\/v1\/tasks\/([^/]+)$/, ({ params }) => found(tasks.find((task) => task.id === params[0]))],
  ['POST', /\/tasks\/v1\/tasks$/, ({ body }) => {
    const id = randomUUID()
    const customer = customers.find((card) => card.id === body.customer_id)
    const task = { id, title: { zh: body.title }, why: { zh: '自己建立的待办', en: 'Your own to-do' }, customer: customer ? { id: customer.id, name: customer.name, number: customer.number } : null, origin: { room: 'tasks', kind: 'own', id }, due_on: body.due_on, status: 'open', assignee: { id: 1, name: '陈嘉' }, priority: 10, priority_parts: [{ code: 'own', points: 10 }], result: null, closed_at: null, version: 1, created_at: new Date().toISOString() }
    tasks.unshift(task)
    tell('tasks')
    return task
  }],
  ['POST', /\/tasks\/v1\/tasks\/([^/]+)\/close$/, ({ params, body }) => {
    const task = found(tasks.find((one) => one.id === params[0]))
    if (task.status === 'closed') throw new Refusal(409, 'tasks.already_closed')
    tell('tasks')
    return Object.assign(task, { status: 'closed', result: body.result, closed_at: new Date().toISOString(), version: task.version + 1 })
  }],
  ['POST', /\/tasks\/v1\/tasks\/([^/]+)\/reopen$/, ({ params }) => {
    tell('tasks')
    return Object.assign(found(tasks.find((one) => one.id === params[0])), { status: 'open', result: null, closed_at: null })
  }],

  ['GET', /\/marketing\/v1\/opportunities$/, ({ query }) => page(opportunities.filter((one) => one.status === (query.get('status') ?? 'open') && (!query.get('rule') || one.rule.code === query.get('rule'))), query)],
  ['GET', /\/marketing\/v1\/opportunities\/([^/]+)$/, ({ params }) => ({ ...found(opportunities.find((one) => one.id === params[0])), draft: drafts.get(params[0]) ?? null })],
  ['POST', /\/marketing\/v1\/opportunities\/([^/]+)\/reservations$/, ({ params, body }) => {
    const at = opportunities.findIndex((one) => one.id === params[0])
    if (at % 5 === 4) throw new Refusal(409, 'customers.contact_refused', at % 10 === 4 ? { reason: 'daily_cap', next_allowed_at: '2026-11-21T00:30:00Z' } : { reason: 'no_consent' })
    return { id: body.id, channel: body.channel, expires_at: new Date(Date.now() + 900_000).toISOString(), phone: body.channel === 'call' ? '+8613877120199' : null }
  }],
  ['GET', /\/marketing\/v1\/opportunities\/([^/]+)\/draft$/, ({ params }) => drafts.get(params[0]) ?? { version: 0 }],
  ['PUT', /\/marketing\/v1\/opportunities\/([^/]+)\/draft$/, ({ params, body, headers }) => {
    const now = drafts.get(params[0]) ?? { version: 0 }
    if (headers['if-match'] === undefined) throw new Refusal(428, 'precondition_required')
    if (headers['if-match'] !== `"${now.version}"`) throw new Refusal(412, 'precondition_failed', { current: now })
    const next = { ...body, version: now.version + 1, saved_at: new Date().toISOString() }
    drafts.set(params[0], next)
    return next
  }],
  ['POST', /\/marketing\/v1\/opportunities\/([^/]+)\/contacts$/, ({ params, body }) => {
    const one = found(opportunities.find((opportunity) => opportunity.id === params[0]))
    if (['not_reached', 'interested'].includes(body.outcome) && !body.next_on) throw new Refusal(422, 'invalid', { errors: [{ field: 'next_on', code: 'missing', message: 'required' }] })
    one.contacts.unshift({ id: randomUUID(), channel: body.channel, outcome: body.outcome, note: body.note, staff: { id: 1, name: '陈嘉' }, made_on: TODAY, made_at: new Date().toISOString(), next_on: body.next_on })
    Object.assign(one, { status: 'contacted', last_outcome: body.outcome, version: one.version + 1 })
    drafts.delete(one.id)
    const task = tasks.find((candidate) => candidate.origin.id === one.id)
    if (task) Object.assign(task, { status: 'closed', result: '已联系', closed_at: new Date().toISOString() })
    tell('tasks', `opportunity:${one.id}`, `customer:${one.customer.id}`)
    return one
  }],
  ['GET', /\/marketing\/v1\/results$/, () => ({
    as_of: TODAY,
    definition: { zh: '流入后 30 天内留存不低于 60% 计为留存;期间开立的贷款、信用卡计为办理产品;其余计为流出。', en: 'Kept: at least 60% of the inflow remains after 30 days. Product: a loan or card opened in that time. Else it left.' },
    totals: { raised: 1284, dispatched: 1020, suppressed: 264, contacted: 731, booked: 402, held: 288, product: 57, left: 57, pending: 329, inflow: money(8_412_334_500), held_amount: money(4_921_100_200), rate_contacted: { won: 345, of: 731 }, rate_untouched: { won: 84, of: 289 } },
    suppressed: [{ reason: 'already_open', count: 141 }, { reason: 'no_manager', count: 88 }, { reason: 'unknown_customer', count: 35 }],
    rows: staff.slice(0, 6).map((person, at) => ({ institution: { id: 3 + (at % 2), name: institutions[2 + (at % 2)].name }, staff: at === 0 ? null : { id: person.id, name: person.name }, dispatched: 340 - at * 31, contacted: 260 - at * 28, booked: 122 - at * 14, won: 98 - at * 12, held_amount: money(1_240_000_000 / (at + 1)) })),
    opportunities: opportunities.filter((one) => one.result),
  })],
]

const readBody = async (request) => {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}
const serve = async (request, reply) => {
  const url = new URL(request.url, 'http://mock')
  if (url.pathname === '/healthz') return { status: 'ok' }
  const sessionId = /haoyou_mock=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  const session = sessions.get(sessionId)
  const route = routes.find(([method, pattern]) => method === request.method && pattern.test(url.pathname))
  if (!route) throw new Refusal(404, 'not_found')
  if (!session && !route[3]) throw new Refusal(401, 'unauthenticated')
  if (request.method !== 'GET' && request.headers['x-haoyou'] !== '1') throw new Refusal(403, 'forbidden')
  const key = request.headers['idempotency-key']
  const body = await readBody(request)
  if (key && answers.has(key)) return answers.get(key)
  const answer = route[2]({ params: route[1].exec(url.pathname).slice(1), query: url.searchParams, body, session, sessionId, headers: request.headers, reply })
  if (key) answers.set(key, answer)
  return answer
}
const openLine = (reply) => {
  reply.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  reply.write(': beat\n\n')
  lines.add(reply)
  const beat = setInterval(() => reply.write(': beat\n\n'), 15_000)
  reply.on('close', () => {
    clearInterval(beat)
    lines.delete(reply)
  })
}

createServer(async (request, reply) => {
  if (request.url === '/api/live') return openLine(reply)
  let status = 200
  let body
  try {
    body = await serve(request, reply)
    if (body === undefined) status = 204
  } catch (error) {
    status = error.status ?? 500
    body = error.body ?? { type: 'about:blank', title: String(error), status, code: 'unexpected', reference: 'mock' }
  }
  reply.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json' })
  reply.end(status === 204 ? undefined : JSON.stringify(body))
}).listen(PORT, '127.0.0.1', () => console.log(`mock bank on http://127.0.0.1:${PORT}`))
