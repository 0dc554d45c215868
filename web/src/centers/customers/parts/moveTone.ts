import type { Tone } from '@/kit/StatusChip.vue'
import type { Move, MoveItem } from '../assignment.api'

const TONES: Record<Move['state'] | MoveItem['state'], Tone> = {
  running: 'accent',
  waiting: 'accent',
  done: 'good',
  moved: 'good',
  undone: 'plain',
  left: 'plain',
  kept: 'accent',
}

/** How a move, or one customer of it, is marked. */
export const moveTone = (state: Move['state'] | MoveItem['state']): Tone => TONES[state]
