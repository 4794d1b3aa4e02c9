// What ct-lock-helper costs around a command that takes no time, against flock(1) around the same command.
import { join } from 'node:path';
import { compileCommand, STRATEGIES, withCommand } from './command.mjs';
import { commandMs, interleaved } from './measure.mjs';

const ROUNDS = 40;
/** Per round, because starting a shell is a disturbance of its own. */
const REPEATED = 50;

export function bench() {
  return withCommand(async (directory, command) => {
    const target = join(directory, 'x.o');
    const repeat = (...words) => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const loop = `i=0; while [ $i -lt ${REPEATED} ]; do ${line}; i=$((i+1)); done`;
      return commandMs('/bin/sh', ['-c', loop]) / REPEATED;
    };
    const plain = [command, '0', '-'];
    const ms = await interleaved(
      {
        bare: () => repeat(...plain, '-o', target),
        'flock(1)': () => repeat('flock', `${target}.flock`, ...plain, '-o', target),
        ...Object.fromEntries(
          STRATEGIES.map((strategy) => [strategy, () => repeat(...compileCommand(target, strategy, ...plain))]),
        ),
      },
      ROUNDS,
    );
    const overhead = (name) => ms[name] - ms.bare;
    return STRATEGIES.map((strategy) => ({
      what: `ct-lock-helper compile, ${strategy}, nobody else wants the lock: overhead over the bare command`,
      against: 'flock(1)',
      value: overhead(strategy) / overhead('flock(1)'),
      atMost: strategy === 'flock' || strategy === 'fcntl' ? 0.35 : 0.5,
      context: `${overhead(strategy).toFixed(2)} ms against ${overhead('flock(1)').toFixed(2)} ms`,
    }));
  });
}
