// What the demos cannot do without. Uses nothing but Node: it is asked before anything is installed.
import { spawnSync } from 'node:child_process';
import { compiler } from './compiler.mjs';

/** @returns {string[]} what is missing, each as a part of a sentence */
export function missingPrograms() {
  const programs = ['git', 'make'].filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error);
  const problem = compilerProblem();
  return problem === undefined ? programs : [...programs, problem];
}

/** Debian's gcc comes without the headers of the C library, other compilers without a linker: only a program tells. */
function compilerProblem() {
  const [program, ...options] = compiler();
  const named = process.env.CC?.trim()
    ? `\`${program}\`, which $CC names`
    : `\`${program}\`; or let $CC name another one`;
  const source = '#include <stdio.h>\nint main(void) { return puts("") == EOF; }\n';
  const args = [...options, '-x', 'c', '-', '-o', '/dev/null'];
  const { error, status, stderr } = spawnSync(program, args, { input: source, encoding: 'utf8' });
  if (error !== undefined) return `a C compiler (${named})`;
  if (status === 0) return undefined;
  const [why = ''] = stderr.split('\n').filter((line) => /error|cannot|not found/.test(line));
  return `what a C compiler needs to make a program, libc6-dev say (\`${program}\`: ${why.trim()})`;
}

/** @returns {string} the message about it */
export function explainMissing(missing) {
  return `stagelock's demo needs git, make and a C compiler.\nMissing here: ${missing.join('; ')}.\n`;
}
