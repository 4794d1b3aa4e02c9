import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lockdir } from '../../src/locks/lockdir.js';
import { HAS_SETPRIV, script, start } from '../compile/helper.js';
import { because, Contender, works } from '../locks/processes.js';
import { clean, everything, leaveLock, objectDirectory } from './cleaner.js';

/** At least; on a busy machine until enough has happened, but not for ever. */
const LEAST_MS = 6000;
const LONGEST_MS = 90_000;
const TARGETS = ['a.o', 'b.o'];
const HAS_FLOCK = works('flock', '--version');

describe.skipIf(!HAS_FLOCK)(`while others compile and are killed${because(HAS_FLOCK, 'no flock(1)')}`, () => {
  test.each(['lockdir', 'cifs', 'flock'])(
    'no helper loses a lock or a product (%s)',
    { timeout: 150_000 },
    async (strategy) => {
      const directory = objectDirectory();
      // The witness knows nothing of our locks; no child inherits it, so it is free when the command dies. The kernel gives
      // the lock of a killed helper back an instant before it kills the command, whose temporary no one will use: that one
      // is waited for. A helper that lives (PF_EXITING is 4) is another matter.
      const command = script(
        directory,
        'produce',
        `target=\${last%.*.*.tmp}
lives() { read -r _ _ _ _ _ _ _ _ flags _ 2> /dev/null < "/proc/$1/stat" && test $((flags & 4)) -eq 0; }
exec 9>> "$target.witness"
until flock -n 9; do
  if lives "$(cat "$target.witness")"; then echo "$target" >> overlaps; break; fi
  sleep 0.001
done
echo $PPID > "$target.witness"
printf 'begin ' > "$last"; sleep 0.03 9>&-; printf 'end' >> "$last"`,
      );
      const began = Date.now();
      const complaints: string[] = [];
      let published = 0;
      let removed = 0;
      const goesOn = (): boolean => {
        const enough = published > 3 && (removed > 0 || !HAS_SETPRIV);
        return Date.now() - began < (enough ? LEAST_MS : LONGEST_MS);
      };
      const compiles = async (seed: number): Promise<void> => {
        for (let round = seed; goesOn(); round++) {
          const target = TARGETS[round % TARGETS.length];
          const args = ['compile', `--target=${target}`, `--strategy=${strategy}`, '--', command];
          const { child, pid, ended } = start(args, { cwd: directory });
          const killed = HAS_SETPRIV && round % 3 === 0;
          let over = false;
          void ended.then(() => {
            over = true;
          });
          // Not before it has its lock: an exclusive file without a name yet would block all for ten minutes.
          const isWriting = (): boolean => readdirSync(directory).some((name) => name.startsWith(`${target}.${pid}.`));
          while (killed && !over) {
            if (isWriting()) child.kill('SIGKILL');
            await sleep(5);
          }
          const { end: code, stderr } = await ended;
          if (code === 0 && stderr === '') published++;
          else if (!killed) complaints.push(`${code}: ${stderr}`);
        }
      };
      const cleans = async (): Promise<void> => {
        while (goesOn()) {
          const { findings, code, stderr } = await clean(directory, ['--min-lock-age=0']);
          if (code !== 0) complaints.push(`clean-up ${code}: ${stderr}`);
          removed += findings.filter(({ fate }) => fate === 'removed').length;
        }
      };
      await Promise.all([compiles(0), compiles(1), compiles(2), cleans()]);
      await clean(directory, ['--min-lock-age=0']);
      expect(complaints).toEqual([]);
      expect(existsSync(join(directory, 'overlaps'))).toBe(false);
      expect(published).toBeGreaterThan(3);
      if (HAS_SETPRIV) expect(removed).toBeGreaterThan(0);
      for (const target of TARGETS) expect(readFileSync(join(directory, target), 'utf8')).toBe('begin end');
      const others = everything(directory).filter((name) => !name.endsWith('.witness') && !TARGETS.includes(name));
      expect(others.filter((name) => !['produce', 'a.o.lock', 'b.o.lock'].includes(name))).toEqual([]);
    },
  );
});

test('a lock that has become another one stays, and no process gets in while it is looked at', async () => {
  const directory = objectDirectory();
  const target = join(directory, 'a.o');
  leaveLock('lockdir', target, 'elsewhere:4711');
  const marker = lockdir(target);
  const seen = marker.look();
  if (seen === undefined) throw new Error('no lock');
  const waiter = new Contender('hold', { target, strategy: 'lockdir', settings: { pollMs: 1 } });
  let inside = false;
  const held = waiter.line().then(() => {
    inside = true;
  });
  for (let round = 0; round < 3000; round++) {
    // As if the host of the dead owner had removed its lock and taken it afresh after we looked.
    expect(marker.takeAway({ ...seen, identity: `${seen.identity} once` }, false)).toBe(false);
    if (round % 10 === 0) await sleep(1);
  }
  expect(inside).toBe(false);
  expect(marker.look()).toEqual(seen);
  expect(everything(directory)).toEqual(['a.o.lockdir', 'a.o.lockdir/pid']);
  expect(marker.takeAway(seen, false)).toBe(true);
  await held;
  expect(readFileSync(`${target}.lockdir/pid`, 'utf8')).toMatch(new RegExp(`:${waiter.pid}$`));
});
