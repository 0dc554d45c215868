import { describe, expect, test } from 'vitest'
import type { RelationEdge, RelationNode, Relations } from '../customers.api'
import { layOut } from './relationLayout'

const node = (key: string, step: number): RelationNode => ({ key, step, customer: null })
const edge = (from_key: string, kind: RelationEdge['kind'], to_key: string, holds = true): RelationEdge => ({ from_key, to_key, kind, share_bps: null, from_date: '2020-01-01', to_date: holds ? null : '2021-01-01', holds })
const relations = (nodes: RelationNode[], edges: RelationEdge[]): Relations => ({ on: '2026-11-20', nodes, edges, household: null, control: null, truncated: false })

describe('the picture of relations', () => {
  test('a crowd of sixty stands on rings without touching', () => {
    const near = Array.from({ length: 29 }, (_, at) => node(`n${at}`, 1))
    const far = Array.from({ length: 30 }, (_, at) => node(`f${at}`, 2))
    const edges = [...near.map((one) => edge('me', 'parent', one.key)), ...far.map((one, at) => edge(`n${at % 5}`, 'owner', one.key))]
    const { nodes, width, height, roomy } = layOut(relations([node('me', 0), ...near, ...far], edges))
    expect([nodes.length, roomy]).toEqual([60, false])
    const gaps = nodes.flatMap((one, at) => nodes.slice(at + 1).map((two) => Math.hypot(one.x - two.x, one.y - two.y)))
    expect(Math.min(...gaps)).toBeGreaterThan(40)
    expect(nodes.every((one) => one.x >= 0 && one.x <= width && one.y >= 0 && one.y <= height)).toBe(true)
  })

  test('two relationships between the same people are one line, and it points where one of them points', () => {
    const { lines } = layOut(relations([node('me', 0), node('you', 1)], [edge('you', 'spouse', 'me'), edge('me', 'guarantor', 'you')]))
    expect(lines.map((line) => [line.edges.length, line.arrow])).toEqual([[2, true]])
  })

  test('what has ended is not drawn', () => {
    const { nodes, lines } = layOut(relations([node('me', 0), node('old', 1)], [edge('me', 'spouse', 'old', false)]))
    expect([nodes.map((one) => one.node.key), lines]).toEqual([['me'], []])
  })
})
