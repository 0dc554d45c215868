import { describe, expect, it } from 'vitest'
import type { Comparison } from '../duplicate.api'
import { comparedFields } from './comparedFields'

describe('what two customers are compared by', () => {
  const comparison = { one: { n: 1 }, other: { n: 2 }, differing: ['phone'], matching: ['name'] } as unknown as Comparison
  const values: Record<string, [string | null, string | null]> = { name: ['王芳', '王芳'], phone: ['138****2222', '139****4444'], address: [null, '南宁市***'] }

  it('leaves out what neither has, and says which values differ, agree or have nothing beside them', () => {
    const fields = comparedFields(comparison, (name, side) => values[name]?.[side === comparison.one ? 0 : 1] ?? null)
    expect(fields).toEqual([
      { name: 'name', one: '王芳', other: '王芳', verdict: 'same' },
      { name: 'phone', one: '138****2222', other: '139****4444', verdict: 'differs' },
      { name: 'address', one: '—', other: '南宁市***', verdict: 'open' },
    ])
  })
})
