/**
 * Dependencies point downwards: cli, then web, then scheduler and metrics, then stages, compile, cleanup, doctor and contention, then updates, coordination, reports,
 * submission, warnings, mail, notify, once and failures, then processes, secrets, xml, http, etcd and spool, then locks and config, then files, then host, then records and text, then tables. Nothing imports
 * upwards, nothing goes in a circle, types neither.
 */
const layers = [
  ['cli'],
  ['web'],
  ['scheduler', 'metrics'],
  ['stages', 'compile', 'cleanup', 'doctor', 'contention'],
  ['updates', 'coordination', 'reports', 'submission', 'warnings', 'mail', 'notify', 'once', 'failures'],
  ['processes', 'secrets', 'xml', 'http', 'etcd', 'spool'],
  ['locks', 'config'],
  ['files'],
  ['host'],
  ['records', 'text'],
  ['tables'],
];

const upwards = layers.flatMap((layer, index) =>
  index === 0
    ? []
    : [
        {
          name: `${layer.join('-and-')}-does-not-look-up`,
          severity: 'error',
          from: { path: `^src/(${layer.join('|')})/` },
          to: { path: `^src/(${layers.slice(0, index).flat().join('|')})/` },
        },
      ],
);

module.exports = {
  forbidden: [
    ...upwards,
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'locks-stand-alone',
      comment: 'src/locks is a library that can be used without the rest; how it shows text is the same everywhere.',
      severity: 'error',
      from: { path: '^src/locks/' },
      to: { path: '^src/(?!(locks|files|host|text|tables)/)' },
    },
    {
      name: 'config-stands-alone',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/(?!(config|text)/)' },
    },
    {
      name: 'locks-by-their-front-door',
      comment:
        'The rest of the program uses what src/locks/index.ts exports; other programs, what src/locks/library.ts does.',
      severity: 'error',
      from: { path: '^src/(?!locks/|index\\.ts$)' },
      to: { path: '^src/locks/(?!index\\.ts$)' },
    },
    {
      name: 'no-tests-in-the-program',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '(^|/)dist/' } },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
    },
  },
};
