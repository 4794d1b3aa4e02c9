// What waits to be delivered while a dashboard or a mail server is away.
import { chmodSync, cpSync, renameSync } from 'node:fs';
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

const LETTERS = 'stagelock.state/mail';
const MAIL = '[mail]\nto = ["ann@example.org"]\n';
const BY_SMTP = `${MAIL}transport = "smtp"\nsecurity = "none"\nhost = "127.0.0.1"\nport = 9\n`;
const BY_SENDMAIL = `${MAIL}sendmail = "sendmail.sh"\n`;

/** So many letters of some 3 kB each, tried so often, the last time just now. */
function writeLetters(world, size, tries) {
  const now = new Date();
  const attempts = { since: now.toISOString(), tries, ...(tries > 0 && { tried: now.toISOString() }) };
  const box = { address: 'ann@example.org' };
  for (const n of numbers(size)) {
    const date = new Date(now.getTime() - size + n).toISOString();
    const id = `job.${padded(n)}`;
    const text = `${'cc: error: no such file: a.c\n'.repeat(50)}`;
    const letter = { id, from: box, to: [box], cc: [], subject: 'broken', text, html: `<pre>${text}</pre>`, date };
    const spooled = { ...attempts, waiting: [{ ...box, why: '' }], refused: [], letter };
    const name = `${date.replaceAll(/[-:.]/g, '')}-${id}.json`;
    world.write(`${LETTERS}/${name}`, `${JSON.stringify(spooled, undefined, 2)}\n`);
  }
}

/** Where the first run has built, and the second has looked at each letter. */
function mailed(size, { more, tries }) {
  const world = makeProject({ more });
  world.runStagelock('run', 'main');
  writeLetters(world, size, tries);
  world.runStagelock('run', 'main');
  return world;
}

export const dimensions = [
  {
    name: 'mails for a server that is away, run without news',
    growth: 'constant',
    // Their names are listed, in one call for some hundreds.
    allocates: 0,
    make(size) {
      const world = mailed(size, { more: BY_SMTP, tries: 0 });
      return { world, command: world.stagelock('run', 'main') };
    },
  },
  {
    name: 'mails that are not due, run without news',
    growth: 'constant',
    allocates: 0,
    make(size) {
      // After eleven attempts in vain the next one is an hour later.
      const world = mailed(size, { more: BY_SMTP, tries: 11 });
      return { world, command: world.stagelock('run', 'main') };
    },
  },
  {
    name: 'mails to a sendmail, their delivery',
    growth: 'linear',
    sizes: [3, 30, 300],
    make(size) {
      const world = makeProject({ more: BY_SENDMAIL });
      world.write('sendmail.sh', '#!/bin/sh\ncat > /dev/null\n');
      chmodSync(world.path('sendmail.sh'), 0o755);
      const before = () => writeLetters(world, size, 0);
      return { world, command: world.stagelock('mail', '--send'), before };
    },
  },
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
