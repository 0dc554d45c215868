import type { Receiver } from '../assignment.api'

const MINOR_PER_UNIT = 100

/** Whole units somebody typed, as minor units; undefined for anything else. Grouping marks are allowed. */
export const minorOf = (typed: string): number | undefined => {
  const digits = typed.replace(/[,，\s]/g, '')
  if (!/^\d{1,13}$/.test(digits)) return undefined
  return Number(digits) * MINOR_PER_UNIT
}

/** A manager with two posts stands once. */
export const oncePerPerson = (receivers: readonly Receiver[]): { id: number; name: string; held: number }[] => {
  const seen = new Map(receivers.map((one) => [one.staff.id, { id: one.staff.id, name: one.staff.name, held: one.held }]))
  return [...seen.values()]
}
