import { warmPages } from '@/kernel/center'

/** After the first page has been drawn and read a little. */
const WARM_AFTER_MS = 5_000
const RELOADED_KEY = 'haoyou.reloaded'
const RELOAD_AGAIN_AFTER_MS = 60_000

/** Brings the rest of the app while the line is good; somebody who saves data is left alone. */
export const warmSoon = (): void => {
  const line = (navigator as { connection?: { saveData?: boolean } }).connection
  if (line?.saveData) return
  setTimeout(() => {
    void warmPages()
    for (const sheet of [import('@/shell/QueueSheet.vue'), import('@/shell/SearchSheet.vue'), import('@/shell/CommandPalette.vue')]) sheet.catch(() => {})
  }, WARM_AFTER_MS)
}

/** A piece that did not come because the line is down must not cost the page that is there. */
const isHouseThere = (): Promise<boolean> =>
  fetch('/healthz', { cache: 'no-store' }).then((answer) => answer.ok, () => false)

/** A piece that is gone means the house has been updated: the page is fetched anew, but never in a circle. */
export const reloadWhenUpdated = (): void => {
  addEventListener('vite:preloadError', () => {
    const last = Number(sessionStorage.getItem(RELOADED_KEY) ?? 0)
    if (Date.now() - last < RELOAD_AGAIN_AFTER_MS) return
    void isHouseThere().then((there) => {
      if (!there) return
      sessionStorage.setItem(RELOADED_KEY, String(Date.now()))
      location.reload()
    })
  })
}
