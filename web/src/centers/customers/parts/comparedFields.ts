import type { Comparison, Side } from '../duplicate.api'

export type Verdict = 'same' | 'differs' | 'open'
export type ComparedField = { name: string; one: string; other: string; verdict: Verdict }

/** How each value is written; what neither side has is left out. */
export type Writer = (name: string, side: Side) => string | null

export const COMPARED = ['name', 'id_number', 'uscc', 'phone', 'birth_date', 'sex', 'address', 'occupation', 'manager', 'institution', 'aum', 'deposits', 'loans', 'last_contact', 'since'] as const

const NOTHING = '—'

export const comparedFields = (comparison: Comparison, write: Writer): ComparedField[] =>
  COMPARED.flatMap((name) => {
    const one = write(name, comparison.one)
    const other = write(name, comparison.other)
    if (one === null && other === null) return []
    const verdict = comparison.differing.includes(name) ? 'differs' : comparison.matching.includes(name) ? 'same' : 'open'
    return [{ name, one: one ?? NOTHING, other: other ?? NOTHING, verdict }]
  })
