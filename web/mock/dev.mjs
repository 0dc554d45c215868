/** `npm run dev:mock`: the mock bank and Vite together; both end together. */
import { spawn } from 'node:child_process'

const here = new URL('..', import.meta.url)
const children = [
  spawn(process.execPath, ['mock/server.mjs'], { cwd: here, stdio: 'inherit' }),
  spawn(process.execPath, ['node_modules/vite/bin/vite.js', ...process.argv.slice(2)], { cwd: here, stdio: 'inherit' }),
]
const end = (code) => {
  for (const child of children) child.kill()
  process.exit(code ?? 0)
}
for (const child of children) child.on('exit', end)
process.on('SIGINT', () => end(0))
process.on('SIGTERM', () => end(0))
