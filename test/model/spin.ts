import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const missing = ['spin', 'cc'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
/** Why no model can be checked here; undefined where it can. */
export const noSpin = missing.length === 0 ? undefined : `no ${missing.join(', no ')}`;

const run = promisify(execFile);

/** What spin says of a model. */
export interface Verdict {
  readonly errors: number;
  readonly states: number;
  /** The promise that the counterexample breaks, if it breaks one. */
  readonly broken: string | undefined;
  readonly starves: boolean;
  /** Situations that a correct model must get into, or its silence means nothing. */
  readonly reached: readonly string[];
  /** Steps that no run ever took. */
  readonly unreached: readonly string[];
  /** Reasons to distrust the search. */
  readonly incomplete: readonly string[];
}

/**
 * Searches all states of a model.
 *
 * @param model file beside this one
 * @param options macros of it, without `-D`
 */
export async function check(model: string, options: string, optimise: '-O0' | '-O2'): Promise<Verdict> {
  const directory = await mkdtemp(join(tmpdir(), 'stagelock-model-'));
  try {
    const cwd = { cwd: directory };
    await copyFile(join(import.meta.dirname, model), join(directory, 'model.pml'));
    const defines = options.split(' ').map((name) => `-D${name}`);
    await run('spin', [...defines, '-a', 'model.pml'], cwd);
    // NFAIR: weak fairness counts the processes in units; 3 suffices for the most that the model has.
    const liveness = options.includes('LIVENESS');
    await run('cc', [optimise, '-w', '-DMEMLIM=4000', liveness ? '-DNFAIR=3' : '-DSAFETY', '-o', 'pan', 'pan.c'], cwd);
    const search = ['-m1000000', ...(liveness ? ['-a', '-f'] : [])];
    const { stdout } = await run('./pan', search, { ...cwd, maxBuffer: 1 << 24 });
    return verdict(stdout);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function verdict(output: string): Verdict {
  const all = (pattern: RegExp) => [...output.matchAll(pattern)].map((match) => match[1] ?? match[0]);
  return {
    errors: Number(all(/errors: (\d+)/g)[0] ?? Number.NaN),
    states: Number(all(/(\d+) states, stored/g)[0] ?? Number.NaN),
    broken: all(/^broken: (.*)$/gm)[0],
    starves: output.includes('acceptance cycle'),
    reached: all(/^reached: (.*)$/gm).sort(),
    // Processes never end, no promise is broken, and `reached` names its situations itself.
    unreached: all(/\.pml:\d+, state \d+, "(.*)"$/gm).filter(
      (step) => !/was_broken|assert\(0\)|was_reached|-end-/.test(step),
    ),
    incomplete: all(/max search depth too small|Search not completed|out of memory|pan:\d+: invalid end state/g),
  };
}
