import type { Tone } from '@/kit/StatusChip.vue'
import type { Level } from '../report.api'

const TONES: Record<Level, Tone> = { normal: 'brand', restricted: 'accent', private: 'bad' }
export const levelTone = (level: Level): Tone => TONES[level]
