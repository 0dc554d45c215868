import { expect, test } from 'vitest'
import { initialsOf, match } from './fuzzy'

test.each([
  ['客户', 'kh'], ['工作台', 'gzt'], ['待办', 'db'], ['商机', 'sj'], ['数据接入', 'sjjr'], ['机构', 'jg'], ['员工', 'yg'], ['审计', 'sj'],
  ['我的', 'wd'], ['退出登录', 'tcdl'], ['公海', 'gh'], ['成效', 'cx'], ['浅色', 'qs'], ['外观', 'wg'], ['ETC 客户', 'etc kh'],
])('the first letters of %s are %s', (words, initials) => expect(initialsOf(words)).toBe(initials))

test.each([
  ['客户', '客户', 'Customers'], ['kh', '客户', 'Customers'], ['cust', '客户', 'Customers'], ['K H', '客户', 'Customers'], ['户', '客户', 'Customers'],
  ['di', '数据接入', 'Data intake'], ['jr', '数据接入', 'Data intake'], ['dtk', '数据接入', 'Data intake'],
])('%s finds %s', (typed, zh, en) => expect(match(typed, zh, en)).toBeGreaterThan(0))

test.each([['xz', '客户', 'Customers'], ['cs', '客户', 'Customers'], ['intakes', '数据接入', 'Data intake'], ['户客', '客户', 'Customers']])(
  '%s does not find %s',
  (typed, zh, en) => expect(match(typed, zh, en)).toBe(0),
)

test('what is named whole comes before what only begins so, and that before what holds it', () => {
  const scores = ['数据', '数据接入', '接入数据'].map((words) => match('数据', words))
  expect(scores).toEqual([...scores].sort((a, b) => b - a))
  expect(new Set(scores).size).toBe(3)
})

test('nothing typed leaves everything as it is', () => expect(match(' ', '客户')).toBe(1))
