import { onBeforeUnmount, onMounted } from 'vue'

/** "j", "Enter", "?", or with the platform's command key: "mod+k". */
export type KeyMap = Record<string, (event: KeyboardEvent) => void>

const stack: KeyMap[] = []

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Enter on a link or button belongs to that link or button. */
const ownsEnter = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('a, button, [role="button"], [role="dialog"]') !== null

const nameOf = (event: KeyboardEvent): string => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key
}

/** Gives a key to the newest listener that wants it; letters never reach one while somebody types. */
export const dispatchKey = (event: KeyboardEvent): void => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return
  const name = nameOf(event)
  if (!name.startsWith('mod+') && isTyping(event.target)) return
  if (name === 'Enter' && ownsEnter(event.target)) return
  const handler = [...stack].reverse().find((map) => map[name])?.[name]
  if (!handler) return
  event.preventDefault()
  handler(event)
}

export const addKeys = (keys: KeyMap): (() => void) => {
  if (stack.length === 0) document.addEventListener('keydown', dispatchKey)
  stack.push(keys)
  return () => {
    const at = stack.indexOf(keys)
    if (at >= 0) stack.splice(at, 1)
    if (stack.length === 0) document.removeEventListener('keydown', dispatchKey)
  }
}

/** Keys that work while the component is on the page. */
export const useKeys = (keys: KeyMap): void => {
  let drop = (): void => {}
  onMounted(() => (drop = addKeys(keys)))
  onBeforeUnmount(() => drop())
}

/** What the command key is called on this machine. */
export const commandKey = (): string => (/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl')
