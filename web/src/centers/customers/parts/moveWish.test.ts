import { expect, test } from 'vitest'
import { minorOf, oncePerPerson } from './moveWish'

test.each([
  ['0', 0],
  ['200000', 20_000_000],
  ['200,000', 20_000_000],
  ['1，000', 100_000],
  ['-1', undefined],
  ['1.5', undefined],
  ['many', undefined],
  ['12345678901234', undefined],
])('%s units are %s', (typed, minor) => expect(minorOf(typed)).toBe(minor))

test('somebody with two posts is chosen once', () => {
  const post = (id: number, place: number) => ({ staff: { id, name: `S${id}` }, institution: { id: place, name: { zh: '网点' } }, lines: ['retail'], held: 3 })
  expect(oncePerPerson([post(1, 1), post(2, 1), post(1, 2)])).toEqual([
    { id: 1, name: 'S1', held: 3 },
    { id: 2, name: 'S2', held: 3 },
  ])
})
