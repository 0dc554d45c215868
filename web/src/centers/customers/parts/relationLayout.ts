import type { RelationEdge, RelationNode, Relations } from '../customers.api'

export type Point = { x: number; y: number }
export type PlacedNode = { node: RelationNode } & Point
/** All that holds between two customers, drawn as one line; `arrow` where it reads in one direction only. */
export type PlacedLine = { key: string; from: Point; to: Point; edges: RelationEdge[]; arrow: boolean }
export type Layout = { start: Point; nodes: PlacedNode[]; lines: PlacedLine[]; width: number; height: number; roomy: boolean }

const RING_PX = 176
const NODE_ROOM_PX = 112 // a disc, its name, and air
const MARGIN_PX = 64
const STRETCH = 1.35 // names are wide, so rings are too
/** With more people than this around, words on the lines would lie on each other. */
const ROOMY_MAX = 12
const MUTUAL = new Set(['spouse', 'household'])

const pairOf = (edge: RelationEdge): string => [edge.from_key, edge.to_key].sort().join(' ')

/** The customer in the middle, relatives around, and theirs behind them: whoever belongs together stands together. */
export const layOut = (relations: Relations): Layout => {
  const holding = relations.edges.filter((edge) => edge.holds)
  const linked = new Set(holding.flatMap((edge) => [edge.from_key, edge.to_key]))
  const shown = relations.nodes.filter((node) => node.step === 0 || linked.has(node.key))
  const near = shown.filter((node) => node.step === 1)
  const far = shown.filter((node) => node.step === 2)
  const parentOf = new Map(
    far.map((node) => {
      const edge = holding.find((one) => one.from_key === node.key || one.to_key === node.key)
      return [node.key, edge ? (edge.from_key === node.key ? edge.to_key : edge.from_key) : ''] as const
    }),
  )
  // everybody near gets as much of the circle as stands behind them
  const weights = near.map((node) => Math.max(1, far.filter((one) => parentOf.get(one.key) === node.key).length))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const inner = Math.max(RING_PX, (near.length * NODE_ROOM_PX) / (2 * Math.PI))
  const outer = Math.max(inner + RING_PX, (total * NODE_ROOM_PX) / (2 * Math.PI))
  const places = new Map<string, Point>()
  const put = (node: RelationNode, radius: number, turn: number): void => {
    const angle = turn * 2 * Math.PI - Math.PI / 2
    places.set(node.key, { x: radius * STRETCH * Math.cos(angle), y: radius * Math.sin(angle) })
  }
  for (const node of shown) if (node.step === 0) places.set(node.key, { x: 0, y: 0 })
  let before = 0
  near.forEach((node, at) => {
    const weight = weights[at] ?? 1
    put(node, inner, (before + weight / 2) / total)
    const behind = far.filter((one) => parentOf.get(one.key) === node.key)
    behind.forEach((one, index) => put(one, outer, (before + (index + 0.5) * (weight / behind.length)) / total))
    before += weight
  })
  const pairs = new Map<string, RelationEdge[]>()
  for (const edge of holding) pairs.set(pairOf(edge), [...(pairs.get(pairOf(edge)) ?? []), edge])
  const points = [...places.values()]
  const left = Math.min(...points.map((point) => point.x)) - MARGIN_PX
  const top = Math.min(...points.map((point) => point.y)) - MARGIN_PX
  const move = ({ x, y }: Point): Point => ({ x: x - left, y: y - top })
  return {
    start: move({ x: 0, y: 0 }),
    nodes: shown.flatMap((node) => {
      const place = places.get(node.key)
      return place ? [{ node, ...move(place) }] : []
    }),
    lines: [...pairs].flatMap(([key, edges]) => {
      const directed = edges.find((edge) => !MUTUAL.has(edge.kind)) ?? edges[0]
      const from = directed && places.get(directed.from_key)
      const to = directed && places.get(directed.to_key)
      return from && to && directed ? [{ key, from: move(from), to: move(to), edges, arrow: !MUTUAL.has(directed.kind) }] : []
    }),
    width: Math.max(...points.map((point) => point.x)) - left + MARGIN_PX,
    height: Math.max(...points.map((point) => point.y)) - top + MARGIN_PX,
    roomy: near.length + far.length <= ROOMY_MAX,
  }
}
