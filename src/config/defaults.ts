/** What holds where `stagelock.toml` is silent, as one would write it there. */
export const DEFAULTS = {
  nightlyStart: '00:00:00 UTC',
  strategy: 'auto',
  lockTimeout: '60 s',
  model: 'Continuous',
  remote: 'origin',
  hgBranch: 'default',
  cvsOptions: ['-d', '-A', '-P'],
  mode: 'fast-forward',
  fetchTimeout: '10 min',
  whenSecondariesBuild: 'abort',
  secondariesTimeout: '30 min',
  linger: '0 s',
  updateTimeout: '30 min',
  timeout: '4 h',
  grace: '10 s',
  onFailure: 'stop',
} as const;
