import { expect, test } from 'vitest'
import type { Place } from '../identity.api'
import { belowOf, treeOf } from './placeTree'

const place = (id: number, parent_id: number | null, closed_on: string | null = null): Place => ({
  id, parent_id, closed_on, code: `P${id}`, name: { zh: `机构${id}`, en: null }, kind: 'outlet', staff: 0, edited: false,
})
const PLACES = [place(5, 3), place(3, 1), place(1, 9), place(2, 1), place(4, 3, '2026-11-20')]

test('a tree is read downwards from whoever is highest here, closed ones last', () => {
  expect(treeOf(PLACES).map((one) => [one.place.id, one.depth])).toEqual([[1, 0], [2, 1], [3, 1], [5, 2], [4, 2]])
})

test('below an institution is itself and all that hangs from it', () => {
  expect([...belowOf(PLACES, 3)].sort()).toEqual([3, 4, 5])
  expect([...belowOf(PLACES, 2)]).toEqual([2])
})
