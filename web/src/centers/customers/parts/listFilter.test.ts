import { describe, expect, it } from 'vitest'
import { countConditions, isSameFilter, readFilter, runsDown, writeFilter } from './listFilter'

describe('the filter of the list in the address', () => {
  it('comes back as it was written', () => {
    const filter = { view: 'all', sort: 'maturity', order: 'down', tier: 'gold', matures_days: 30, unmanaged: true } as const
    expect(readFilter(writeFilter(filter))).toEqual(filter)
  })
  it('says nothing of what is usual', () => {
    expect(writeFilter({ view: 'mine', sort: 'aum', unmanaged: false, line: null })).toEqual({})
  })
  it('passes over what makes no sense', () => {
    expect(readFilter({ view: 'ours', sort: 'shoe', tier: ['gold', 'gold'], matures_days: '1e9', unmanaged: 'yes', q: 'x' })).toEqual({ view: 'mine', sort: 'aum' })
  })
  it('counts conditions, not scope and order', () => {
    expect(countConditions({ view: 'all', sort: 'name', order: 'up', line: 'retail', with_opportunities: true })).toBe(2)
  })
  it('knows a saved view again, whatever the server adds', () => {
    expect(isSameFilter({ view: 'mine', sort: 'aum', tier: 'gold' }, { view: 'mine', sort: 'aum', tier: 'gold', line: null, unmanaged: false })).toBe(true)
    expect(isSameFilter({ view: 'mine', sort: 'aum' }, { view: 'mine', sort: 'aum', tier: 'gold' })).toBe(false)
  })
  it('runs an order its usual way unless asked otherwise', () => {
    expect([runsDown({ sort: 'aum' }), runsDown({ sort: 'name' }), runsDown({ sort: 'name', order: 'down' }), runsDown({})]).toEqual([true, false, true, true])
  })
})
