/**
 * Checks the walls of `src` under the given folder (default: this project) and that every file was read:
 * a checker that skips .ts or .vue would find every house in order. Also keeps widths in shell/ and kit/.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('..', import.meta.url))
const root = process.argv[2] ?? project

const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))

const cruise = spawnSync(
  process.execPath,
  [join(project, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), 'src', '--config', join(project, '.dependency-cruiser.cjs'), '--output-type', 'json'],
  { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
)
if (!cruise.stdout) throw new Error(cruise.stderr || 'dependency-cruiser said nothing')
const result = JSON.parse(cruise.stdout)
const read = new Set(result.modules.map((module) => module.source))
const violations = result.summary.violations.map((one) => `${one.rule.name}: ${one.from} -> ${one.to}`)

for (const path of sources) if (!read.has(path)) violations.push(`not-read: ${path}`)
const followed = result.modules.filter((module) => /^src\/.*\.vue$/.test(module.source) && module.dependencies.length > 0).length
if (followed === 0) violations.push('not-read: no import of any .vue file was seen')

/** Only shell and kit know how wide the screen is; a page may ask only how wide its own container is. */
const WIDTH = /@media[^{]*\b(min|max)-width|matchMedia\(|innerWidth/
for (const path of sources) {
  if (/^src\/(shell|kit)\//.test(path)) continue
  if (WIDTH.test(readFileSync(join(root, path), 'utf8'))) violations.push(`width-outside-kit: ${path}`)
}

for (const violation of violations) console.error(violation)
console.log(`${read.size} modules read, ${sources.length} source files, ${violations.length} violations`)
process.exitCode = violations.length > 0 ? 1 : 0
