// A build of many small objects by make -j4, through the helper and without it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELPER, withCommand } from './command.mjs';
import { commandMs, interleaved } from './measure.mjs';

const OBJECTS = 1000;
const ROUNDS = 3;

export function bench() {
  return withCommand(async (directory) => {
    const sources = join(directory, 'sources');
    mkdirSync(sources);
    for (let number = 0; number < OBJECTS; number++) {
      writeFileSync(join(sources, `f${number}.c`), `int f${number}(int x) { return x * ${number}; }\n`);
    }
    const names = Array.from({ length: OBJECTS }, (_, number) => `f${number}.o`).join(' ');
    writeFileSync(join(sources, 'Makefile'), `all: ${names}\n%.o: %.c\n\t@$(CC) -c $< -o $@\n`);
    const objects = join(directory, 'objects');
    const build = (compiler) => {
      rmSync(objects, { recursive: true, force: true });
      mkdirSync(objects);
      const args = ['-s', '-j4', '-C', objects, '-f', join(sources, 'Makefile'), `VPATH=${sources}`, `CC=${compiler}`];
      return commandMs('make', args);
    };
    const ms = await interleaved(
      {
        plain: () => build('gcc'),
        launched: () => build(`${HELPER} launch -- gcc`),
        locked: () => build('flock $@.lock gcc'),
      },
      ROUNDS,
    );
    const context = `${(ms.launched / 1000).toFixed(1)} s against ${(ms.plain / 1000).toFixed(1)} s`;
    return [
      {
        what: `make -j4 of ${OBJECTS} small objects by ct-lock-helper launch -- gcc`,
        against: 'gcc alone',
        value: ms.launched / ms.plain,
        atMost: 1.05,
        context,
      },
      { what: 'the same', against: 'flock $@.lock gcc', value: ms.launched / ms.locked, atMost: 1.05, context: '' },
    ];
  });
}
