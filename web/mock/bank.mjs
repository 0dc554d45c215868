/** A small plausible bank in memory, the same on every start. For developing screens only; never part of a build. */
let seed = 20261120
const random = () => {
  seed = (seed * 1664525 + 1013904223) % 4294967296
  return seed / 4294967296
}
const pick = (list) => list[Math.floor(random() * list.length)]
const between = (low, high) => low + Math.floor(random() * (high - low + 1))

export const TODAY = '2026-11-20'
export const addDays = (date, days) => new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
export const uuid = (n, room = 1) => `0193a000-000${room}-7000-8000-${String(n).padStart(12, '0')}`
export const money = (minor) => ({ minor: Math.round(minor), currency: 'CZK' })

export const institutions = [
  { id: 1, code: '0001', name: { zh: '总行', en: 'Head office' }, kind: 'head', parent_id: null },
  { id: 2, code: '0100', name: { zh: '南宁分行', en: 'Nanning branch' }, kind: 'branch', parent_id: 1 },
  { id: 3, code: '0101', name: { zh: '青秀支行', en: 'Qingxiu outlet' }, kind: 'outlet', parent_id: 2 },
  { id: 4, code: '0102', name: { zh: '江南支行', en: 'Jiangnan outlet' }, kind: 'outlet', parent_id: 2 },
  { id: 5, code: '0200', name: { zh: '钦州分行', en: 'Qinzhou branch' }, kind: 'branch', parent_id: 1 },
]
export const roles = {
  relationship_manager: { code: 'relationship_manager', name: { zh: '客户经理', en: 'Relationship manager' } },
  branch_manager: { code: 'branch_manager', name: { zh: '支行行长', en: 'Branch manager' } },
  administrator: { code: 'administrator', name: { zh: '管理员', en: 'Administrator' } },
}
const post = (id, role, institution, lines = ['retail']) => ({ id, role: roles[role], institution: institutions[institution - 1], lines })
const NAMES = ['陈嘉', '李思远', '黄美玲', '韦建国', '覃晓燕', '梁志强', '莫雨晴', '农文辉', '周海', '吴静']
export const staff = NAMES.map((name, at) => ({
  id: at + 1,
  code: `8${String(1001 + at)}`,
  name,
  status: at === 9 ? 'left' : 'active',
  posts: at === 0 ? [post(1, 'relationship_manager', 3), post(20, 'relationship_manager', 4, ['retail', 'corporate'])] : [post(at + 1, at === 1 ? 'branch_manager' : 'relationship_manager', 3 + (at % 2))],
}))

const SURNAMES = ['王', '李', '张', '刘', '陈', '杨', '黄', '赵', '周', '吴', '韦', '覃', '莫', '农', '欧阳']
const GIVEN = ['建华', '秀英', '伟', '芳', '志明', '丽', '强', '敏', '海燕', '国庆', '晓东', '雪梅', '文博', '子涵', '春兰']
const ORGANISATIONS = ['北部湾海产贸易有限公司', '邕江包装材料厂', '桂南园林工程有限公司', '青秀口腔门诊部']
const tierOf = (aum) => (aum > 300_000_000 ? 'platinum' : aum > 60_000_000 ? 'gold' : aum > 10_000_000 ? 'silver' : 'plain')

export const customers = Array.from({ length: 320 }, (_, at) => {
  const organisation = at % 40 === 7
  const aum = Math.floor(10 ** (5 + random() * 4.2))
  return {
    id: uuid(at + 1),
    number: String(10_000 + at * 7),
    name: at % 29 === 13 ? null : organisation ? ORGANISATIONS[Math.floor(at / 40) % 4] : pick(SURNAMES) + pick(GIVEN),
    kind: organisation ? 'organisation' : 'person',
    line: organisation ? 'corporate' : 'retail',
    tier: tierOf(aum),
    aum: money(aum),
    phone_masked: `13${between(0, 9)}****${between(1000, 9999)}`,
    manager: at % 11 === 10 ? null : at % 3 === 2 ? { id: 3, name: '黄美玲' } : { id: 1, name: '陈嘉' },
    institution: { id: 3, name: institutions[2].name },
    last_contact_on: at % 4 === 0 ? null : addDays(TODAY, -between(0, 90)),
    open_opportunities: 0,
    as_of: TODAY,
  }
})

const NEEDS = [
  { rule: { code: 'large_inflow', version: 1, name: { zh: '大额资金流入', en: 'Large inflow' } }, need: { zh: '大额到账,资金去向未定', en: 'Large credit, no plan yet' }, why: (m) => ({ zh: `昨天到账 ${m} 克朗,是平时的 8 倍,尚未动用`, en: `CZK ${m} arrived yesterday, 8 times the usual, untouched so far` }), product: { code: 'TERM12', name: { zh: '一年期定期存款', en: '12-month term deposit' } } },
  { rule: { code: 'deposit_maturing', version: 1, name: { zh: '存款即将到期', en: 'Deposit maturing' } }, need: { zh: '定期存款即将到期', en: 'Term deposit about to mature' }, why: (m) => ({ zh: `${m} 克朗定期 3 天后到期,去年到期时转出他行`, en: `CZK ${m} matures in 3 days; last year it left the bank` }), product: { code: 'TERM24', name: { zh: '两年期定期存款', en: '24-month term deposit' } } },
  { rule: { code: 'salary_moved', version: 1, name: { zh: '代发工资停止', en: 'Salary moved away' } }, need: { zh: '工资停发,了解原因', en: 'Salary gone, ask why' }, why: () => ({ zh: '代发工资已停 50 天', en: 'No salary for 50 days' }), product: { code: 'CARDG', name: { zh: '金卡信用卡', en: 'Gold credit card' } } },
]
export const opportunities = Array.from({ length: 64 }, (_, at) => {
  const customer = customers[(at * 5) % customers.length]
  const kind = NEEDS[at % 3]
  const value = between(80, 4_000) * 10_000
  const status = at < 34 ? 'open' : at < 46 ? 'contacted' : at < 58 ? 'closed' : 'suppressed'
  const held = between(0, 10_000)
  return {
    id: uuid(at + 1, 2), customerAt: customers.indexOf(customer),
    customer: { id: customer.id, name: customer.name, number: customer.number },
    need: kind.need, why: kind.why((value / 100).toLocaleString('en')), value: money(value), status,
    raised_on: addDays(TODAY, -between(0, 20)), expires_on: addDays(TODAY, between(1, 14)),
    last_outcome: status === 'contacted' || status === 'closed' ? pick(['reached', 'interested', 'agreed', 'not_reached']) : null,
    result: status === 'closed' ? { kind: at % 4 === 0 ? 'left' : at % 4 === 1 ? 'product' : 'held', held_share_bps: held, held_amount: money((value * held) / 10_000), products: at % 4 === 1 ? [{ kind: 'card', opened_on: addDays(TODAY, -4) }] : [], booked_on: addDays(TODAY, -2), version: 1, in_money: true } : null,
    evidence: [
      { label: { zh: '到账金额', en: 'Amount credited' }, value: String(value / 100), kind: 'money', money: money(value) },
      { label: { zh: '到账日期', en: 'Credited on' }, value: addDays(TODAY, -1), kind: 'date' },
      { label: { zh: '平时月均入账', en: 'Usual monthly credits' }, value: String(value / 800), kind: 'money', money: money(value / 8) },
      { label: { zh: '近 90 天大额转出', en: 'Large debits in 90 days' }, value: '2', kind: 'number' },
      { label: { zh: '对手方', en: 'Counterparty' }, value: '捷信地产 s.r.o.', kind: 'text' },
    ],
    script: { zh: `${customer.name ?? '您'}好,我是北部湾银行的陈嘉。看到您账户有一笔资金到账,想了解近期是否有使用计划。\n如果三个月内不用,一年期定期现在利率 3.2%,可以随时支取一部分,不影响急用。`, en: 'Hello, this is Chen Jia from Beibu Gulf Bank. A larger amount has reached your account and I would like to ask whether you have plans for it.\nIf you do not need it within three months, our 12-month deposit pays 3.2% and part of it stays available.' },
    product: kind.product, manager: customer.manager, institution: customer.institution,
    customer_card: { phone_masked: customer.phone_masked, tier: customer.tier, aum: customer.aum },
    contacts: [], suppressed_reason: status === 'suppressed' ? 'no_manager' : null, version: 1,
    draft: null, rule: kind.rule, outscored_by: null,
    decision: { score: 1_350, factors: [{ code: 'propensity', figure: '30.0%' }, { code: 'tier', figure: '×1.00' }, { code: 'time', figure: '×1.00' }, { code: 'value', figure: '×4.50' }, { code: 'lever', figure: '×1.00' }] },
  }
})
for (const one of opportunities) {
  const customer = customers[one.customerAt]
  if (one.status === 'open') customer.open_opportunities += 1
  if (one.last_outcome) one.contacts.push({ id: uuid(one.customerAt, 5), channel: 'call', outcome: one.last_outcome, note: '客户表示月底有一笔装修款要付,其余可以考虑存定期。', staff: { id: 1, name: '陈嘉' }, made_on: '2026-11-18', made_at: '2026-11-18T02:15:00Z', next_on: '2026-11-25' })
}

export const tasks = [
  ...opportunities.filter((one) => one.status === 'open').map((one, at) => ({
    id: uuid(at + 1, 3), title: one.need, why: one.why, customer: one.customer, origin: { room: 'marketing', kind: 'opportunity', id: one.id },
    due_on: addDays(TODAY, at % 7 === 3 ? -2 : at % 3 === 0 ? 0 : between(1, 6)), status: 'open', assignee: { id: 1, name: '陈嘉' }, priority: 96 - at * 2,
    priority_parts: [{ code: 'value', points: 60 - at }, { code: 'tier', points: 20 }, { code: 'due', points: 16 - at }], result: null, closed_at: null, version: 1, created_at: '2026-11-19T22:10:00Z',
  })),
  ...['给王女士送存单', '准备周五的网点例会材料', '回访上月开户客户'].map((title, at) => ({
    id: uuid(at + 1, 4), title: { zh: title }, why: { zh: '自己建立的待办', en: 'Your own to-do' }, customer: at === 0 ? { id: customers[3].id, name: customers[3].name, number: customers[3].number } : null,
    origin: { room: 'tasks', kind: 'own', id: uuid(at + 1, 4) }, due_on: addDays(TODAY, at), status: 'open', assignee: { id: 1, name: '陈嘉' }, priority: 20 - at,
    priority_parts: [{ code: 'own', points: 10 }, { code: 'due', points: 10 - at }], result: null, closed_at: null, version: 1, created_at: '2026-11-18T01:00:00Z',
  })),
]

export const refusals = new Map()
/** A spouse, a firm and somebody whom one may not see. */
export const relationsOf = (card) => {
  const at = customers.indexOf(card)
  const others = [customers[(at + 1) % customers.length], customers[(at + 40) % customers.length]]
  const edge = (to_key, kind, share_bps) => ({ from_key: card.id, to_key, kind, share_bps, from_date: '2020-05-01', to_date: null, holds: true })
  const sum = (list) => ({ customers: list.length, hidden: 1, foreign: 0, deposits: money(list.reduce((all, one) => all + one.aum.minor, 0)), aum: money(list.reduce((all, one) => all + one.aum.minor, 0)), loans: money(0), as_of: TODAY })
  return {
    on: TODAY, truncated: false,
    nodes: [{ key: card.id, step: 0, customer: card }, ...others.map((one) => ({ key: one.id, step: 1, customer: one })), { key: 'hidden-1', step: 1, customer: null }],
    edges: [edge(others[0].id, 'spouse', null), edge(others[1].id, 'owner', 6_000), edge('hidden-1', 'parent', null)],
    household: sum([card, others[0]]), control: sum([card, others[1]]),
  }
}
export const positionsOf = (card) => ({
  since: addDays(TODAY, -372), on: TODAY,
  items: Array.from({ length: 40 }, (_, at) => ({ on: addDays(TODAY, -360 + at * 9), deposits: money(card.aum.minor * (0.7 + at * 0.0075)), wealth: money(0), loans: money(card.aum.minor * 0.5) })),
})
export const documents = [
  { kind: 'identity_document', name: { zh: '身份证件', en: 'Identity document' }, required: true, state: 'expiring', expires_on: addDays(TODAY, 12), origin: 'bank', noted_by: null },
  { kind: 'risk_assessment', name: { zh: '风险承受能力评估', en: 'Risk assessment' }, required: false, state: 'missing', expires_on: null, origin: null, noted_by: null },
]

export const pageOf = (card) => ({
  card,
  profile: { address_masked: '广西南宁市青**********', occupation: '教师', risk_level: 3, birth_date_masked: '1978-**-**', sex: 'f', id_kind: 'id_card', id_number_masked: '4501**********1234', phone_masked: card.phone_masked, since: '2012-05-17', kind: card.kind, uscc: card.kind === 'organisation' ? '91450100MA5K12345X' : null, refused_channels: refusals.get(card.id) ?? [] },
  holdings: [
    { id: 'a1', account_masked: '6217 **** 0188', kind: 'demand', product: '活期储蓄', balance: money(card.aum.minor * 0.3), opened_on: '2012-05-17', closed_on: null, as_of: TODAY },
    { id: 'a2', account_masked: '6217 **** 2210', kind: 'term', product: '一年期定期', balance: money(card.aum.minor * 0.7), opened_on: '2025-11-23', closed_on: null, as_of: TODAY },
    { id: 'a3', account_masked: '3301 **** 0007', kind: 'loan', product: '住房贷款', balance: money(card.aum.minor * 0.5), opened_on: '2018-03-01', closed_on: null, as_of: TODAY },
  ],
  warnings: card.kind === 'person' ? [{ kind: 'identity_document', name: { zh: '身份证件', en: 'Identity document' }, state: 'expiring', expires_on: addDays(TODAY, 12) }] : [],
  links: { items: relationsOf(card).edges.slice(0, 4).map((edge) => ({ kind: edge.kind, outward: true, share_bps: edge.share_bps, other: relationsOf(card).nodes.find((node) => node.key === edge.to_key).customer })), total: relationsOf(card).edges.length },
  totals: { deposits: card.aum, loans: money(card.aum.minor * 0.5), aum: card.aum, as_of: TODAY },
  contacts: Array.from({ length: 5 }, (_, at) => ({ id: `c${at}`, channel: at % 2 ? 'call' : 'visit', outcome: ['reached', 'not_reached', 'interested', 'refused', 'agreed'][at], note: at === 0 ? '在店里见面,聊到女儿明年出国。' : null, staff: { id: 1, name: '陈嘉' }, made_on: `2026-1${at % 2}-0${at + 1}`, made_at: `2026-1${at % 2}-0${at + 1}T03:20:00Z`, next_on: null })),
  parts: {
    opportunities: opportunities.filter((one) => one.customer.id === card.id).map((one) => ({ id: one.id, title: one.need, detail: one.why, status: one.status, on: one.raised_on, amount: one.value })),
    tasks: tasks.filter((task) => task.customer?.id === card.id).map((task) => ({ id: task.id, title: task.title, detail: task.why, status: task.status, on: task.due_on, amount: null })),
  },
  assignments: [{ staff: card.manager ?? { id: 3, name: '黄美玲' }, kind: 'primary', from_date: '2023-01-01', to_date: null }, { staff: { id: 4, name: '韦建国' }, kind: 'assisting', from_date: '2025-06-01', to_date: '2026-01-31' }],
})
