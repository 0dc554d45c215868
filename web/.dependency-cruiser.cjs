/** The walls of the web: app > shell | centers > kit > kernel > generated. Imports point down; siblings never import each other. */
const here = (path) => `^src/${path}`
module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'generated-imports-nothing', severity: 'error', from: { path: here('generated/') }, to: { path: here('(app|shell|centers|kit|kernel)/') } },
    { name: 'kernel-imports-generated-only', severity: 'error', from: { path: here('kernel/') }, to: { path: here('(app|shell|centers|kit)/') } },
    { name: 'kit-imports-kernel-only', severity: 'error', from: { path: here('kit/') }, to: { path: here('(app|shell|centers)/') } },
    { name: 'shell-knows-no-center', severity: 'error', from: { path: here('shell/') }, to: { path: here('(app|centers)/') } },
    { name: 'center-knows-no-shell', severity: 'error', from: { path: here('centers/') }, to: { path: here('(app|shell)/') } },
    {
      name: 'no-center-imports-another',
      severity: 'error',
      from: { path: '^src/centers/([^/]+)/' },
      to: { path: '^src/centers/([^/]+)/', pathNot: '^src/centers/$1/' },
    },
    {
      name: 'enter-by-the-door',
      severity: 'error',
      from: { pathNot: '^src/centers/' },
      to: { path: '^src/centers/[^/]+/', pathNot: '^src/centers/[^/]+/index\\.ts$' },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^(@quasar/extras|quasar)' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.(css|sass)$' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.vue', '.js', '.mjs', '.d.ts'], exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
