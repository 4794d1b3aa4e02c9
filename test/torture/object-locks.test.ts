import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { temporaryDirectory } from '../compile/helper.js';
import { EXTENT } from '../long-tests.js';

/** Critical sections per strategy; more for a longer torture. */
const SECTIONS = Number(process.env['STAGELOCK_TORTURE_SECTIONS'] ?? (EXTENT.kind === 'quick' ? 30 : 400));
const WORKERS = 16;
/** In percent, around each section; other workers are killed while they wait. */
const KILLED_IN_SECTION = 50;
const KILLED_ANY_TIME = 0.3;
const HANGS_AFTER_MS = 60_000;

const hasCompiler = spawnSync('cc', ['--version']).status === 0;
const hasPerl = spawnSync('perl', ['-v']).status === 0;
/** The stand-in writes the plain host name, which in a container's PID namespace is a stranger's. */
const seesOriginal = hasPerl && thisHost().name === hostname();

type Kind = 'native' | 'typescript' | 'original';

const helperArgs = (strategy: string, target: string): string[] => [
  'compile',
  `--target=${target}`,
  `--strategy=${strategy}`,
  '--',
];

const COMMANDS: Readonly<Record<Kind, (strategy: string, target: string) => readonly string[]>> = {
  native: (strategy, target) => [resolve('dist/ct-lock-helper'), ...helperArgs(strategy, target)],
  typescript: (strategy, target) => [
    process.execPath,
    resolve('dist/ct-lock-helper.js'),
    ...helperArgs(strategy, target),
  ],
  original: (strategy, target) => ['perl', resolve('test/torture/original.pl'), strategy, target],
};

test.skipIf(!hasCompiler).each(['lockdir', 'cifs', 'flock', 'fcntl'])(
  `${WORKERS} native, TypeScript and original helpers that are killed at any moment share one object, by %s${hasCompiler ? '' : ' (skipped: no C compiler)'}`,
  { timeout: 900_000 },
  async (strategy) => {
    const records = temporaryDirectory();
    const objects = join(temporaryDirectory(), 'objects');
    mkdirSync(objects);
    const target = join(objects, 'x.o');
    const section = join(records, 'section');
    execFileSync('cc', ['-O1', '-D_GNU_SOURCE', '-o', section, resolve('test/torture/section.c')]);

    const ends = { done: 0, killed: 0, failed: [] as string[], hung: [] as string[] };
    const sections = (): number => sizeOf(join(records, 'sections'));
    // The original knows no fcntl; and its empty .excl, when it is killed, holds everybody off until the time-out.
    const kinds: Kind[] = Array.from({ length: 20 }, (_, index) => (index < 2 ? 'typescript' : 'native'));
    if (seesOriginal && strategy !== 'fcntl') kinds.splice(4, strategy === 'cifs' ? 1 : 3, 'original', 'original');

    const worker = async (): Promise<void> => {
      while (sections() < SECTIONS && ends.hung.length === 0 && ends.failed.length === 0) {
        const kind = kinds[Math.floor(Math.random() * kinds.length)] ?? 'native';
        const kill = kind === 'original' && strategy === 'cifs' ? 2 : KILLED_IN_SECTION;
        const command = [...COMMANDS[kind](strategy, target), section, records, target, String(kill)];
        const { code, signal, stderr, hung } = await run(command);
        if (hung) ends.hung.push(`${kind}: ${stderr}`);
        else if (signal === 'SIGKILL') ends.killed++;
        else if (code === 0) {
          ends.done++;
          writeFileSync(join(records, 'published'), '');
        } else if (!(kind === 'original' && code === 75)) ends.failed.push(`${kind}: ${code ?? signal} ${stderr}`);
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));

    const report = (name: string): string =>
      existsSync(join(records, name)) ? readFileSync(join(records, name), 'utf8') : '';
    expect({ overlaps: report('overlaps'), torn: report('torn'), failed: ends.failed, hung: ends.hung }).toEqual({
      overlaps: '',
      torn: '',
      failed: [],
      hung: [],
    });
    expect(sections()).toBeGreaterThanOrEqual(SECTIONS);
    expect(ends.killed).toBeGreaterThan(SECTIONS / 4);
    expect(leftAfterCleanUp(objects)).toEqual([]);
  },
);

/** What is still there, besides the object, once the clean-up has removed all that it can explain. */
function leftAfterCleanUp(objects: string): string[] {
  const cleanUp = [resolve('dist/ct-cleanup-locks.js'), `--objdir=${objects}`, '--min-lock-age=0', '--json'];
  const report = JSON.parse(execFileSync(process.execPath, cleanUp, { encoding: 'utf8' }));
  const kept = report.findings.filter(({ fate }: { readonly fate: string }) => fate !== 'removed' && fate !== 'young');
  const known = new Set([
    'x.o',
    'x.o.lock',
    ...report.findings.map(({ path }: { readonly path: string }) => basename(path)),
  ]);
  const names = readdirSync(objects).filter((name) => !known.has(name));
  return [...names, ...kept.map((finding: unknown) => JSON.stringify(finding)), ...report.problems];
}

/** Runs a helper to its end, or to its death at a random moment. */
function run(command: readonly string[]): Promise<{
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly hung: boolean;
}> {
  return new Promise((done, fail) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A killed maker of a marker leaves it without a name; after this it is abandoned.
      env: { ...process.env, CT_LOCK_TIMEOUT: '2', CT_LOCK_WARN_INTERVAL: '20' },
    });
    let stderr = '';
    let hung = false;
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const death = Math.random() < KILLED_ANY_TIME ? Math.random() * 60 : undefined;
    const killer = death === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), death);
    const alarm = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, HANGS_AFTER_MS);
    child.once('error', fail);
    child.once('exit', (code, signal) => {
      clearTimeout(killer);
      clearTimeout(alarm);
      child.stderr.destroy();
      done({ code, signal, stderr, hung });
    });
  });
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
