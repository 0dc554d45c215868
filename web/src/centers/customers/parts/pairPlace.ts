import type { RouteLocationRaw } from 'vue-router'
import type { Duplicate } from '../duplicate.api'

/** Where two are compared; nowhere when one of them is out of sight. */
export const placeOfPair = (pair: Duplicate): RouteLocationRaw | undefined =>
  pair.one && pair.other ? { name: 'duplicates', params: { one: pair.one.id, other: pair.other.id } } : undefined
