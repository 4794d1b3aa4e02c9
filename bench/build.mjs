// A build of many small objects by make -j4, through the helper and without it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELPER, withCommand } from './command.mjs';
import { commandMs, interleaved } from './measure.mjs';

const OBJECTS = 1000;
const ROUNDS = 5;

export function bench() {
  return withCommand(async (directory) => {
    const sources = join(directory, 'sources');
    mkdirSync(sources);
    for (let number = 0; number < OBJECTS; number++) {
      // As small as objects of real programs get: two headers and a function that uses them.
      const body = `char *copy${number}(const char *text) { printf("%d %s\\n", ${number}, text); return strdup(text); }\n`;
      writeFileSync(join(sources, `f${number}.c`), `#include <stdio.h>\n#include <string.h>\n${body}`);
    }
    const names = Array.from({ length: OBJECTS }, (_, number) => `f${number}.o`).join(' ');
    writeFileSync(join(sources, 'Makefile'), `all: ${names}\n%.o: %.c\n\t@$(CC) -O2 -c $< -o $@\n`);
    let builds = 0;
    const build = (compiler) => {
      // None is removed before the end: ext4 makes new files at a twentieth of its speed for some seconds after it has
      // removed many, and a locked build makes twice as many.
      const objects = join(directory, `objects-${builds++}`);
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
