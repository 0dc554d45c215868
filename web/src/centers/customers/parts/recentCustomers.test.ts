import { beforeEach, expect, test } from 'vitest'
import { noteCustomer, recentCustomers } from './recentCustomers'

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
beforeEach(() => sessionStorage.clear())

test('the newest comes first, once, and only so many are kept', () => {
  for (let n = 1; n <= 10; n += 1) noteCustomer(1, id(n))
  noteCustomer(1, id(9))
  expect(recentCustomers(1)).toEqual([9, 10, 8, 7, 6, 5, 4, 3].map(id))
})

test('somebody else at this tab has seen nobody yet, and then only whom they saw', () => {
  noteCustomer(1, id(1))
  expect(recentCustomers(2)).toEqual([])
  noteCustomer(2, id(2))
  expect(recentCustomers(2)).toEqual([id(2)])
})

test('what is kept is numbers; anything else in its place is passed over', () => {
  noteCustomer(1, id(1))
  expect(sessionStorage.getItem('haoyou.recent-customers')).toBe(JSON.stringify({ staff: 1, ids: [id(1)] }))
  for (const odd of ['{', 'null', '{"staff":1,"ids":"x"}', '{"staff":1,"ids":["&ids=1",7]}']) {
    sessionStorage.setItem('haoyou.recent-customers', odd)
    expect(recentCustomers(1)).toEqual([])
  }
})
