import { nextTick, onBeforeUnmount, onMounted, type Ref } from 'vue'

const remembered = new Map<string, number>()
/** A list that comes from the cache is drawn within a few frames; later than this we leave the reader alone. */
const RESTORE_FRAMES_MAX = 30

/** Puts a scrolled pane back where it was when the reader returns to it. */
export const useScrollMemory = (pane: Ref<HTMLElement | null>, name: () => string | undefined): void => {
  let at = 0
  const handleScroll = (): void => {
    if (pane.value && pane.value.clientHeight > 0) at = pane.value.scrollTop
  }

  onMounted(async () => {
    pane.value?.addEventListener('scroll', handleScroll, { passive: true })
    const wanted = remembered.get(name() ?? '') ?? 0
    if (wanted === 0) return
    await nextTick()
    let frames = 0
    const restore = (): void => {
      if (!pane.value) return
      pane.value.scrollTop = wanted
      frames += 1
      if (pane.value.scrollTop < wanted && frames < RESTORE_FRAMES_MAX) requestAnimationFrame(restore)
    }
    restore()
  })

  onBeforeUnmount(() => {
    pane.value?.removeEventListener('scroll', handleScroll)
    const key = name()
    if (key) remembered.set(key, at)
  })
}
