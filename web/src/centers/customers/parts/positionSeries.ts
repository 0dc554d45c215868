import { daysBetween } from '@/kernel/format'
import type { Positions } from '../customers.api'

export type Place = { x: number; y: number }
export type Series = {
  /** Corners of the line, from 0 to 1 in both directions, y upwards. */
  line: Place[]
  top: number
  bottom: number
  first: { on: string; minor: number }
  last: { on: string; minor: number }
}

/** Assets as steps: a day without a row is like the day before. Undefined without a row. */
export const seriesOf = (positions: Positions): Series | undefined => {
  const rows = positions.items.map((row) => ({ on: row.on < positions.since ? positions.since : row.on, minor: row.deposits.minor + row.wealth.minor }))
  const [first] = rows
  const last = rows[rows.length - 1]
  if (!first || !last) return undefined
  const days = Math.max(1, daysBetween(first.on, positions.on))
  const values = rows.map((row) => row.minor)
  const top = Math.max(0, ...values)
  const bottom = Math.min(0, ...values)
  const place = (on: string, minor: number): Place => ({ x: daysBetween(first.on, on) / days, y: top === bottom ? 0 : (minor - bottom) / (top - bottom) })
  const line = rows.flatMap((row, at) => {
    const before = rows[at - 1]
    return before ? [place(row.on, before.minor), place(row.on, row.minor)] : [place(row.on, row.minor)]
  })
  return { line: [...line, place(positions.on, last.minor)], top, bottom, first, last: { on: positions.on, minor: last.minor } }
}
