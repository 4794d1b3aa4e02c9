import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contender, temporaryDirectory, together } from './processes.js';

interface Extent {
  readonly rounds: number;
  readonly survivors: number;
  readonly victims: number;
}

export interface Mingled {
  readonly counts: readonly { readonly rounds: number; readonly overlaps: number; readonly lost: number }[];
  readonly killed: number;
  readonly target: string;
}

/** xorshift32: which moments the victims die at is the same in each run, as far as the machine lets it. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Processes that hold one lock alone, together and by two slots in turn, while others that do so are killed at any moment. */
export async function mingle(
  strategy: string,
  { rounds, survivors, victims }: Extent,
  environment: Readonly<Record<string, string>> = {},
): Promise<Mingled> {
  const directory = temporaryDirectory();
  const witnessPath = temporaryDirectory();
  mkdirSync(join(directory, 'a b'));
  const target = join(directory, 'a b', 'x y.o');
  // What a killed process had no time to name is abandoned after this.
  const options = { target, strategy, witnessPath, slots: 2, settings: { overdueMs: 2000 } };
  const start = (seed: number, count: number) =>
    new Contender('mingle', { ...options, seed, rounds: count }, { environment });
  let over = false;
  const counts = together<Mingled['counts'][number]>(
    Array.from({ length: survivors }, (_, index) => start(index + 1, rounds)),
  ).finally(() => {
    over = true;
  });
  const random = dice(20_261_128);
  let killed = 0;
  while (!over && killed < victims) {
    const victim = start(1000 + killed, 1_000_000);
    await victim.line();
    victim.say('go');
    await sleep(random() * 80);
    await victim.kill();
    killed++;
  }
  return { counts: await counts, killed, target };
}
