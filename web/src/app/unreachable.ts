import { say } from '@/kernel/i18n'

/** Before anything could be loaded: plain nodes, one button. */
export const showUnreachable = (): void => {
  const root = document.getElementById('app')
  if (!root) return
  const box = document.createElement('div')
  box.className = 'boot'
  box.setAttribute('role', 'alert')
  const title = document.createElement('h1')
  title.textContent = say('shell.bootOfflineTitle')
  const text = document.createElement('p')
  text.textContent = say('shell.bootOfflineText')
  const again = document.createElement('button')
  again.className = 'field'
  again.textContent = say('common.retry')
  again.addEventListener('click', () => location.reload())
  box.append(title, text, again)
  root.replaceChildren(box)
}
