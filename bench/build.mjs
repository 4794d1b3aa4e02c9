// A build of many small objects by make -j4, through the helper and without it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELPER, withCommand } from './command.mjs';
import { commandMs, median } from './measure.mjs';

const OBJECTS = 1000;
/** So few at a time take turns, so that a moment in which the machine is slow concerns all of them. */
const SLICE = 50;
const ROUNDS = 3;

export function bench() {
  return withCommand(async (directory) => {
    const sources = writeSources(join(directory, 'sources'));
    const totals = [];
    const compilers = { plain: 'gcc', launched: `${HELPER} launch -- gcc`, locked: 'flock $@.lock gcc' };
    for (let round = 0; round <= ROUNDS; round++) {
      // None is removed before the end: ext4 makes new files at a twentieth of its speed for some seconds after it has
      // removed many, and a locked build makes twice as many.
      const total = buildInTurn(compilers, sources, join(directory, `round-${round}`));
      if (round > 0) totals.push(total); // the first is for warming up
    }
    const ms = (name) => median(totals.map((total) => total[name]));
    const ratio = (one, other) => median(totals.map((total) => total[one] / total[other]));
    const seconds = (name) => `${(ms(name) / 1000).toFixed(1)} s`;
    return [
      {
        what: `make -j4 of ${OBJECTS} small objects by ct-lock-helper launch -- gcc`,
        against: 'gcc alone',
        value: ratio('launched', 'plain'),
        atMost: 1.05,
        context: `${seconds('launched')} against ${seconds('plain')}`,
      },
      { what: 'the same', against: 'flock $@.lock gcc', value: ratio('launched', 'locked'), atMost: 1.05, context: '' },
    ];
  });
}

/** As small as objects of real programs get: two headers and a function that uses them. */
function writeSources(sources) {
  mkdirSync(sources);
  for (let number = 0; number < OBJECTS; number++) {
    const body = `char *copy${number}(const char *text) { printf("%d %s\\n", ${number}, text); return strdup(text); }\n`;
    writeFileSync(join(sources, `f${number}.c`), `#include <stdio.h>\n#include <string.h>\n${body}`);
  }
  writeFileSync(join(sources, 'Makefile'), '%.o: %.c\n\t@$(CC) -O2 -c $< -o $@\n');
  return sources;
}

/** @returns how long each compiler took for all objects, in milliseconds */
function buildInTurn(compilers, sources, place) {
  const names = Object.keys(compilers);
  const total = Object.fromEntries(names.map((name) => [name, 0]));
  for (const name of names) mkdirSync(join(place, name), { recursive: true });
  for (let first = 0; first < OBJECTS; first += SLICE) {
    const objects = Array.from({ length: SLICE }, (_, index) => `f${first + index}.o`);
    for (const name of (first / SLICE) % 2 === 0 ? names : names.toReversed()) {
      const where = ['-C', join(place, name), '-f', join(sources, 'Makefile'), `VPATH=${sources}`];
      total[name] += commandMs('make', ['-s', '-j4', ...where, `CC=${compilers[name]}`, ...objects]);
    }
  }
  return total;
}
