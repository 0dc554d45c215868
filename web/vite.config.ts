import { fileURLToPath } from 'node:url'
import { quasar } from '@quasar/vite-plugin'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { compressed } from './scripts/compressed.mjs'
import { firstPage } from './scripts/firstPage.mjs'

/** Where the development server forwards /api: the back end by HAOYOU_API, else the mock in mock/server.mjs. */
const api = process.env.HAOYOU_API ?? 'http://127.0.0.1:8791'

const proxy = { '/api': { target: api }, '/healthz': { target: api } }

export default defineConfig({
  plugins: [vue(), quasar({ sassVariables: false }), firstPage(), compressed()],
  define: {
    // parts of the libraries we do not speak to
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
  },
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // on a line with a long way to the house each file costs a round trip: few files, and one style sheet
    cssCodeSplit: false,
    assetsInlineLimit: 0, // a content security policy without data: addresses must be enough
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // one file per language, whatever the number of centers: a phone asks once
            { name: 'words-zh', test: /\/locales\/zh\.ts$/ },
            { name: 'words-en', test: /\/locales\/en\.ts$/ },
            { name: 'vendor', test: /node_modules\/(@vue|vue|vue-router|pinia|@tanstack)\// },
            { name: 'kit', test: /\/src\/kit\/(?!FormSheet|PopMenu|DayField|ColumnFlow|ShareBar|SearchField)|node_modules\/@quasar\// },
            { name: 'kernel', test: /\/src\/kernel\// },
          ],
        },
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    // one browser for all files: making one costs more than most files take
    isolate: false,
    maxWorkers: 1,
    setupFiles: ['src/kernel/testing/setup.ts'],
    restoreMocks: true,
    server: { deps: { inline: ['quasar'] } },
  },
})
