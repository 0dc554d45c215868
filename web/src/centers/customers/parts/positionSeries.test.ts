import { expect, test } from 'vitest'
import type { Positions } from '../customers.api'
import { seriesOf } from './positionSeries'

const money = (minor: number) => ({ minor, currency: 'CNY' })
const row = (on: string, deposits: number, wealth = 0) => ({ on, deposits: money(deposits), wealth: money(wealth), loans: money(0) })
const positions = (...items: Positions['items']): Positions => ({ since: '2026-11-10', on: '2026-11-20', items })

test('without a row there is nothing to draw', () => expect(seriesOf(positions())).toBeUndefined())

test('assets go in steps, from the window’s first day to the bank’s day', () => {
  const series = seriesOf(positions(row('2026-10-01', 100), row('2026-11-15', 150, 50)))
  expect(series?.line).toEqual([{ x: 0, y: 0.5 }, { x: 0.5, y: 0.5 }, { x: 0.5, y: 1 }, { x: 1, y: 1 }])
  expect([series?.first, series?.last]).toEqual([{ on: '2026-11-10', minor: 100 }, { on: '2026-11-20', minor: 200 }])
})

test('an overdraft lies below the line of nothing', () => {
  const series = seriesOf(positions(row('2026-11-10', -100), row('2026-11-20', 100)))
  expect([series?.bottom, series?.top]).toEqual([-100, 100])
})

test('nothing at all stays on the ground', () => {
  expect(seriesOf(positions(row('2026-11-10', 0)))?.line).toEqual([{ x: 0, y: 0 }, { x: 1, y: 0 }])
})
