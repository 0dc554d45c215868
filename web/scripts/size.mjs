/** Asserts what a first visit downloads: the entry, all it imports at once, the words of one language and the frame. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 170
const folder = new URL('../dist/assets', import.meta.url).pathname
const names = (await readdir(folder)).filter((name) => name.endsWith('.js'))
const text = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])))
const index = await readFile(new URL('../dist/index.html', import.meta.url), 'utf8')
const gzipped_kb = (name) => gzipSync(text[name], { level: 9 }).length / 1000

const importsOf = (name) => [...text[name].matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)].map((match) => match[1])
const reach = (starts) => {
  const seen = new Set()
  const queue = [...starts]
  while (queue.length > 0) {
    const name = queue.pop()
    if (seen.has(name) || !text[name]) continue
    seen.add(name)
    queue.push(...importsOf(name))
  }
  return seen
}
const entry = [...index.matchAll(/assets\/([^"']+\.js)/g)].map((match) => match[1])
if (entry.length === 0) throw new Error('index.html names no script: nothing was measured')
const named = (start) => names.filter((name) => name.startsWith(start))
const pages = { 'sign-in': ['SignInPage'], today: ['ShellFrame', 'TodayPage'] }
let failed = false
for (const [page, parts] of Object.entries(pages)) {
  const starts = [...entry.filter((name) => !name.startsWith('words-en')), ...named('words-zh'), ...parts.flatMap(named)]
  for (const part of parts) if (named(part).length === 0) throw new Error(`no chunk ${part}: nothing was measured`)
  const files = [...reach(starts)]
  const total_kb = files.reduce((sum, name) => sum + gzipped_kb(name), 0)
  failed ||= total_kb > LIMIT_KB
  console.log(`${page}: ${total_kb.toFixed(1)} kB gzipped JavaScript in ${files.length} files (limit ${LIMIT_KB})`)
  if (process.argv.includes('--files')) for (const name of files.sort((a, b) => gzipped_kb(b) - gzipped_kb(a))) console.log(`  ${gzipped_kb(name).toFixed(1)} ${name}`)
}
process.exitCode = failed ? 1 : 0
