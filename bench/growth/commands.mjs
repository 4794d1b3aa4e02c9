// The commands by which a person looks, in a project of many builds.
import { makeProject } from './world.mjs';

function among(size, ...args) {
  const world = makeProject({ builds: size, of: 'schedule = "0 3 * * *"\n' });
  world.run('.', 'git', 'clone', '-q', 'origin', 'elsewhere');
  world.runStagelock('run', 'main');
  return { world, command: world.stagelock(...args) };
}

const SIZES = [3, 30, 300];

export const dimensions = [
  { name: 'builds, status', growth: 'linear', sizes: SIZES, make: (size) => among(size, 'status') },
  // What they allocate is the configuration, which is read whole.
  ...['status', 'log', 'updates'].map((name) => ({
    name: `builds, ${name} of one`,
    growth: 'constant',
    allocates: 0,
    sizes: SIZES,
    make: (size) => among(size, name, 'main'),
  })),
  { name: 'builds, check', growth: 'linear', sizes: SIZES, make: (size) => among(size, 'check', '--offline') },
  { name: 'builds, crontab', growth: 'linear', sizes: SIZES, make: (size) => among(size, 'crontab') },
];
