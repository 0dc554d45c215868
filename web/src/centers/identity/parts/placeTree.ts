import type { Place } from '../identity.api'

export type Branch = { place: Place; depth: number }

/** The institutions as the tree they are, read downwards; closed ones come after their open sisters. */
export const treeOf = (places: readonly Place[]): Branch[] => {
  const known = new Set(places.map((place) => place.id))
  const isUnder = (place: Place, parent: number | null): boolean =>
    parent === null ? place.parent_id === null || !known.has(place.parent_id) : place.parent_id === parent
  const byState = (a: Place, b: Place): number =>
    Number(a.closed_on !== null) - Number(b.closed_on !== null) || a.code.localeCompare(b.code)
  const walk = (parent: number | null, depth: number): Branch[] =>
    places.filter((place) => isUnder(place, parent)).sort(byState).flatMap((place) => [{ place, depth }, ...walk(place.id, depth + 1)])
  return walk(null, 0)
}

/** An institution and all below it. */
export const belowOf = (places: readonly Place[], id: number): Set<number> => {
  const found = new Set([id])
  for (const { place } of treeOf(places)) if (place.parent_id !== null && found.has(place.parent_id)) found.add(place.id)
  return found
}
