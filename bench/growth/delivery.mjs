// What waits to be delivered while a dashboard or a mail server is away.
import { cpSync, renameSync } from 'node:fs';
import { commit, makeProject, numbers, padded } from './world.mjs';

const SPOOL = 'main/Testing/Spool';
/** Nothing listens there. */
const AWAY = 'http://127.0.0.1:9/submit.php?project=Growth';

/** So many submissions as the one that the first run could not deliver. */
function spooled(size) {
  const world = makeProject({ more: `[defaults.submit]\nurl = "${AWAY}"\n` });
  world.runStagelock('run', 'main');
  const [first] = world.names(SPOOL).filter((name) => /^\d{8}-/.test(name));
  const ending = first.slice(8);
  for (const n of numbers(size - 1)) {
    cpSync(world.path(SPOOL, first), world.path(SPOOL, `${padded(n + 1)}${ending}`), { recursive: true });
  }
  return world;
}

export const dimensions = [
  {
    name: 'submissions that are not due, run without news',
    growth: 'constant',
    // Their names are listed, in one call for a thousand.
    allocates: 0,
    make(size) {
      const world = spooled(size);
      return { world, command: world.stagelock('run', 'main') };
    },
  },
  {
    name: 'submissions that are not due, run with news',
    growth: 'constant',
    // Their names are listed, in one call for a thousand.
    allocates: 0,
    make(size) {
      const world = spooled(size);
      return { world, command: world.stagelock('run', 'main'), before: () => commit(world) };
    },
  },
  {
    name: 'submissions to a drop box, their delivery',
    growth: 'linear',
    sizes: [3, 30, 300],
    make(size) {
      const world = spooled(size);
      world.write(
        'stagelock.toml',
        world.read('stagelock.toml').replace(`url = "${AWAY}"`, 'type = "directory"\ndirectory = "box"'),
      );
      world.write('box/.keep', '');
      renameSync(world.path(SPOOL), world.path('spool.kept'));
      return {
        world,
        command: world.stagelock('submit', 'main'),
        before: () => cpSync(world.path('spool.kept'), world.path(SPOOL), { recursive: true, force: true }),
      };
    },
  },
];
