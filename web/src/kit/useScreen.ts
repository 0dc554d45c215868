import { computed, ref } from 'vue'

/** The three widths where the arrangement changes, in CSS pixels (Android's size classes, and the desktop). */
const RAIL_FROM = 600
const SPLIT_FROM = 840
const DESKTOP_FROM = 1200

const matching = (from_px: number) => {
  const media = matchMedia(`(min-width: ${from_px}px)`)
  const matches = ref(media.matches)
  media.addEventListener('change', (event) => (matches.value = event.matches))
  return matches
}

const rail = matching(RAIL_FROM)
const split = matching(SPLIT_FROM)
const desktop = matching(DESKTOP_FROM)
const phone = computed(() => !rail.value)

/** phone: bottom tabs; rail: icons at the side; split: list and detail; desktop: labels and tables. */
export const useScreen = () => ({ phone, rail, split, desktop })
