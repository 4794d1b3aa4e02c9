// Objects and locks in one directory.
import { environment, numbers, program, World } from './world.mjs';

/** A directory with so many locks by a strategy, of processes that are gone. */
function withDeadLocks(size, strategy) {
  const world = new World();
  for (const n of numbers(size)) world.write(`objects/o${n}.o`, '');
  const names = numbers(size).map((n) => `o${n}.o`);
  // A hundred at a time: each process holds what it has taken until it is killed.
  world.run('objects', process.execPath, '--input-type=module', '-e', DIE, program('locks.js'), strategy, ...names);
  return world;
}

/** Takes locks and dies with them. */
const DIE = `
import { spawnSync } from 'node:child_process';
const [locks, strategy, ...names] = process.argv.slice(1);
const code = \`const { openLock } = await import(process.argv[1]);
for (const name of process.argv.slice(3)) openLock(name, { strategy: process.argv[2] }).try();
process.kill(process.pid, 'SIGKILL');\`;
for (let at = 0; at < names.length; at += 500) {
  spawnSync(process.execPath, ['--input-type=module', '-e', code, locks, strategy, ...names.slice(at, at + 500)]);
}`;

export const dimensions = [
  {
    name: 'objects in a directory, a compile',
    growth: 'constant',
    make(size) {
      const world = new World();
      for (const n of numbers(size)) world.write(`objects/o${n}.o`, '');
      const argv = [program('ct-lock-helper'), 'compile', '--target=new.o', '--strategy=lockdir', '--', 'touch-o'];
      world.write('bin/touch-o', '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done; echo > "$2"\n');
      world.run('bin', 'chmod', '+x', 'touch-o');
      const env = { ...environment, PATH: `${world.path('bin')}:${environment.PATH}` };
      return { world, command: { argv, cwd: world.path('objects'), env } };
    },
  },
  ...['lockdir', 'cifs'].map((strategy) => ({
    name: `dead locks (${strategy}), ct-cleanup-locks looks`,
    growth: 'linear',
    make(size) {
      const world = withDeadLocks(size, strategy);
      const argv = ['node', program('ct-cleanup-locks.js'), '--dry-run', '--min-lock-age=0', '--objdir=objects'];
      return { world, command: { argv, cwd: world.root, env: environment } };
    },
  })),
  {
    name: 'dead locks of another host, ct-cleanup-locks looks',
    growth: 'linear',
    make(size) {
      const world = new World();
      for (const n of numbers(size)) world.write(`objects/o${n}.o.lock.excl`, `farhost:${n + 300}`);
      world.write('bin/ssh', FAR_HOST);
      world.run('bin', 'chmod', '+x', 'ssh');
      const argv = ['node', program('ct-cleanup-locks.js'), '--dry-run', '--min-lock-age=0', '--objdir=objects'];
      const env = { ...environment, PATH: `${world.path('bin')}:${environment.PATH}` };
      return { world, command: { argv, cwd: world.root, env } };
    },
  },
];

/** A host on which none of the processes runs that it is asked for. */
const FAR_HOST = `#!/bin/sh
echo host farhost; echo 'system Linux pid:[4026531836]'
sed -n 's/^for p in \\(.*\\); do$/\\1/p' | tr ' ' '\\n' | sed 's/.*/process & absent /'
echo end
`;
