/** What the first signed-in page is made of sets off with the page itself, not one round trip after the other. */
const FIRST = ['/src/shell/ShellFrame.vue', '/src/centers/tasks/pages/TodayPage.vue', '/src/kernel/locales/zh.ts']

export function firstPage() {
  return {
    name: 'haoyou:first-page',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((one) => one.type === 'chunk')
        const first = chunks.filter((chunk) => FIRST.some((path) => chunk.moduleIds.some((id) => id.endsWith(path))))
        const files = new Set(first.flatMap((chunk) => [chunk.fileName, ...chunk.imports]))
        return [...files]
          .filter((file) => !html.includes(file))
          .map((file) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` }, injectTo: 'head' }))
      },
    },
  }
}
