/** Plants one violation per rule in a copy of `src` and sees each go red: a guard nobody has seen fail is not a guard. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('..', import.meta.url))
const vue = (statement) => `<script setup lang="ts">\n${statement}\n</script>\n<template><p /></template>\n`

const PLANTS = [
  ['generated-imports-nothing', { 'src/generated/planted.ts': "import '@/kernel/http'\n" }],
  ['kernel-imports-generated-only', { 'src/kernel/planted.ts': "import '@/kit/sentence'\n" }],
  ['kit-imports-kernel-only', { 'src/kit/PlantedPiece.vue': vue("import '@/shell/watermark'") }],
  ['shell-knows-no-center', { 'src/shell/PlantedPiece.vue': vue("import { tasksCenter } from '@/centers/tasks'\ntasksCenter.id") }],
  ['center-knows-no-shell', { 'src/centers/tasks/planted.ts': "import '@/shell/watermark'\n" }],
  ['no-center-imports-another', { 'src/centers/tasks/parts/PlantedPiece.vue': vue("import { customersCenter } from '@/centers/customers'\ncustomersCenter.id") }],
  ['enter-by-the-door', { 'src/app/planted.ts': "import '@/centers/tasks/tasks.api'\n" }],
  ['no-circle', { 'src/kit/plantedOne.ts': "import { two } from './plantedTwo'\nexport const one = () => two\n", 'src/kit/plantedTwo.ts': "import { one } from './plantedOne'\nexport const two = () => one\n" }],
  ['no-unresolved', { 'src/kit/planted.ts': "import './nowhere'\n" }],
  ['width-outside-kit', { 'src/centers/tasks/parts/PlantedPiece.vue': '<template><p /></template>\n<style>@media (min-width: 600px) { p { color: red } }</style>\n' }],
]

const walls = (root) => spawnSync(process.execPath, [join(project, 'scripts/walls.mjs'), root], { encoding: 'utf8' })
const copy = () => {
  const root = mkdtempSync(join(tmpdir(), 'haoyou-walls-'))
  cpSync(join(project, 'src'), join(root, 'src'), { recursive: true })
  for (const name of ['tsconfig.json', 'package.json']) cpSync(join(project, name), join(root, name))
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'))
  return root
}

let missed = 0
for (const [rule, files] of [['clean copy', {}], ...PLANTS]) {
  const root = copy()
  try {
    for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text)
    const seen = walls(root)
    const expected = rule === 'clean copy' ? seen.status === 0 : seen.status === 1 && seen.stderr.includes(`${rule}:`)
    if (!expected) missed += 1
    console.log(`${expected ? 'as expected' : 'MISSED'}  ${rule}${expected ? '' : `\n${seen.stdout}${seen.stderr}`}`)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
console.log(`${PLANTS.length} violations planted, ${missed} missed`)
process.exitCode = missed > 0 ? 1 : 0
