// Four builds at once in one object directory: what of their compiles is made once. CPU time, so that a loaded machine shows the same.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HELPER, withCommand } from './command.mjs';
import { interleaved } from './measure.mjs';

const OBJECTS = 300;
const BUILDS = 4;
const ROUNDS = 3;
/** Younger headers than this are not certain to have been there when a compile began. */
const SETTLED_MS = 200;

export function bench() {
  return withCommand(async (directory) => {
    const names = writeSources(join(directory, 'sources'));
    await sleep(SETTLED_MS);
    let rounds = 0;
    const objects = {};
    const log = join(directory, 'log');
    const build = (name, launcher, times) => {
      const place = join(directory, `${name}-${rounds++}`);
      mkdirSync(place);
      objects[name] = place;
      const make = `make -s -j1 -C ${place} -f ../sources/Makefile CC='${launcher} gcc' CXX='${launcher} g++'`;
      return cpuMs(`for build in $(seq ${times}); do ${make} & done; wait`, { CT_LOCK_LOG: log });
    };
    const launcher = `${HELPER} launch --`;
    const ms = await interleaved(
      {
        plain: () => build('plain', '', 1),
        one: () => build('one', launcher, 1),
        all: () => build('all', launcher, BUILDS),
      },
      ROUNDS,
    );
    for (const name of names) {
      const [plain, all] = ['plain', 'all'].map((kind) => readFileSync(join(objects[kind], name)));
      if (!plain.equals(all)) throw new Error(`${name} differs`);
    }
    const taken = readFileSync(log, 'utf8').split('"savedMs"').length - 1;
    const seconds = (value) => `${(value / 1000).toFixed(1)} s`;
    return [
      {
        what: `${BUILDS} builds at once of ${OBJECTS} objects (C and C++), by ct-lock-helper launch: CPU time`,
        against: 'one such build',
        value: ms.all / ms.one,
        atMost: 1.25,
        context: `${seconds(ms.all)} against ${seconds(ms.one)}; gcc alone ${seconds(ms.plain)}; ${Math.round(taken / (ROUNDS + 1))} of ${OBJECTS * (BUILDS - 1)} taken; all objects as gcc alone makes them`,
      },
    ];
  });
}

/** @returns the names of the objects */
function writeSources(directory) {
  mkdirSync(directory);
  writeFileSync(
    join(directory, 'common.h'),
    '#pragma once\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n',
  );
  const names = [];
  for (let number = 0; number < OBJECTS; number++) {
    const plus = number % 3 === 0;
    const text = plus ? plusSource(number) : source(number);
    writeFileSync(join(directory, `f${number}.${plus ? 'cc' : 'c'}`), `#include "common.h"\n${text}`);
    names.push(`f${number}.o`);
  }
  const rules = '%.o: ../sources/%.c\n\t@$(CC) -O2 -c $< -o $@\n%.o: ../sources/%.cc\n\t@$(CXX) -O2 -MD -c $< -o $@\n';
  writeFileSync(join(directory, 'Makefile'), `all: ${names.join(' ')}\n${rules}`);
  return names;
}

function source(number) {
  const functions = Array.from(
    { length: 30 },
    (_, at) =>
      `char *f${number}_${at}(const char *s) { char *c = malloc(strlen(s) + ${at + 1}); sprintf(c, "%d %s", ${at}, s); return c; }\n`,
  );
  return functions.join('');
}

function plusSource(number) {
  return `#include <map>
#include <string>
#include <vector>
std::map<std::string, std::vector<int>> table${number};
int count${number}(const std::string &name) { table${number}[name].push_back(${number}); return table${number}.size(); }
`;
}

/** User and system time of a shell and all that it starts. */
function cpuMs(line, environment) {
  const env = { ...process.env, ...environment, TIMEFORMAT: '%U %S' };
  const { status, stderr } = spawnSync('bash', ['-c', `time { ${line}; }`], { env, encoding: 'utf8' });
  const times = /^([\d.]+) ([\d.]+)\s*$/m.exec(stderr.trimEnd().split('\n').at(-1) ?? '');
  if (status !== 0 || times === null) throw new Error(stderr);
  return 1000 * (Number(times[1]) + Number(times[2]));
}
