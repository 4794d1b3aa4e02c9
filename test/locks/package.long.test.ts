import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/* `stagelock/locks` and `stagelock/etcd` as another project has them: found by their package.json, checked by its own tsc. */

const TSC = resolve('node_modules/typescript/bin/tsc');
const LIBRARIES = ['locks/library', 'coordination/library'];
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'stagelock-package-'));
  const installed = join(project, 'node_modules', 'stagelock');
  mkdirSync(join(installed, 'dist'), { recursive: true });
  cpSync('package.json', join(installed, 'package.json'));
  for (const name of ['locks.js', 'etcd.js', 'chunks', 'cjs']) {
    cpSync(join('dist', name), join(installed, 'dist', name), { recursive: true });
  }
  const types = join(installed, 'dist', 'types');
  const own = {
    extends: resolve('tsconfig.declarations.json'),
    files: LIBRARIES.map((file) => resolve('src', `${file}.ts`)),
    include: [],
  };
  const compilerOptions = { rootDir: resolve('src'), outDir: types, typeRoots: [resolve('node_modules/@types')] };
  writeFileSync(join(project, 'declarations.json'), JSON.stringify({ ...own, compilerOptions }));
  execFileSync(process.execPath, [TSC, '-p', join(project, 'declarations.json')], { stdio: 'inherit' });
  cpSync(types, join(installed, 'dist', 'cjs', 'types'), { recursive: true });
  for (const name of ['@types', 'undici-types', 'koffi']) {
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name));
  }
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

const USE = `
const errors: Record<LockErrorCode, string> = {
  'no-directory': '', 'no-permission': '', 'no-space': '', 'read-only': '', 'not-a-lock': '',
  'strategy-conflict': '', unsupported: '', vanished: '', system: '',
};
export async function work(target: string, signal: AbortSignal): Promise<string> {
  const lock: ObjectLock = openLock(target, { strategy: 'flock', fencing: true, settings: { warnMs: 1000 } });
  try {
    const acquisition = await lock.acquire({ timeoutMs: 100, signal, onNotice: (notice: Notice) => explainNotice(notice, 0) });
    switch (acquisition.kind) {
      case 'timed-out': return describeHolder(acquisition.holder, Date.now());
      case 'aborted': return 'aborted';
      case 'acquired': {
        using held = acquisition.lock;
        await using again: HeldLock = held;
        const token: number | undefined = again.token;
        return String(token) + held.isOurs() + held.release();
      }
    }
  } catch (error) {
    if (error instanceof LockError) return error.path + errors[error.code];
    throw error;
  }
}
export function wrong(): void {
  // @ts-expect-error no such strategy
  openLock('x', { strategy: 'foo' });
  // @ts-expect-error a misspelt option
  void openLock('x').acquire({ timeout: 5 });
  // @ts-expect-error not a code
  errors['no-luck'];
  // @ts-expect-error tests may have another host, programs have not
  openLock('x', { host: undefined });
}
`;
const NAMES =
  'describeHolder, explainNotice, type HeldLock, LockError, type LockErrorCode, type Notice, type ObjectLock, openLock';

describe('types', () => {
  test.each([
    ['ESM and CommonJS, nodenext', ['use.mts', 'use.cts'], { module: 'nodenext' }],
    ['ESM and CommonJS, node16', ['use.mts', 'use.cts'], { module: 'node16' }],
    ['ESM, for a bundler', ['use.mts'], { module: 'esnext', moduleResolution: 'bundler' }],
  ])('%s', (_, files, options) => {
    for (const file of files) writeFileSync(join(project, file), `import { ${NAMES} } from 'stagelock/locks';\n${USE}`);
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022'],
      types: ['node'],
      strict: true,
      noEmit: true,
      ...options,
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const { status, stdout } = spawnSync(process.execPath, [TSC, '-p', '.'], { cwd: project, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});

const USE_ETCD = `
import { EtcdError, type HeldInEtcd, openEtcd } from 'stagelock/etcd';
export async function work(signal: AbortSignal): Promise<string> {
  await using hosts = openEtcd({ endpoints: ['http://127.0.0.1:1'], prefix: '/p' });
  try {
    const acquisition = await hosts.openSlots('x', 3).acquire({ timeoutMs: 0, signal });
    if (acquisition.kind === 'timed-out') return acquisition.ahead[0]?.claimant?.host ?? '';
    if (acquisition.kind !== 'acquired') return acquisition.kind;
    await using held: HeldInEtcd = acquisition.lock;
    const token: bigint = held.token;
    return String(token) + held.isOurs() + held.lost.aborted;
  } catch (error) {
    if (error instanceof EtcdError) return error.kind;
    throw error;
  }
}
// @ts-expect-error a misspelt option
openEtcd({ endpoint: 'x', prefix: '/p' });
`;

test('the locks in etcd have types, and are found', () => {
  writeFileSync(join(project, 'etcd.mts'), USE_ETCD);
  const compilerOptions = { target: 'es2022', lib: ['es2022'], types: ['node'], strict: true, noEmit: true };
  const config = { compilerOptions: { ...compilerOptions, module: 'nodenext' }, files: ['etcd.mts'] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  const checked = spawnSync(process.execPath, [TSC, '-p', '.'], { cwd: project, encoding: 'utf8' });
  expect({ status: checked.status, stdout: checked.stdout }).toEqual({ status: 0, stdout: '' });
  const text = `import { openEtcd } from 'stagelock/etcd';
    await using hosts = openEtcd({ endpoints: ['http://127.0.0.1:1'], prefix: '/p' });
    console.log(await hosts.openLock('x').acquire().catch((error) => error.kind));`;
  writeFileSync(join(project, 'etcd.mjs'), text.replace('await using', 'const'));
  const { stdout, stderr } = spawnSync(process.execPath, ['etcd.mjs'], { cwd: project, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'unavailable\n', stderr: '' });
});

test.each([
  ['import', 'use.mjs', "import { LockError, openLock } from 'stagelock/locks';"],
  ['require', 'use.cjs', "const { LockError, openLock } = require('stagelock/locks');"],
  [
    'the build for require',
    'old.cjs',
    "const { LockError, openLock } = require('./node_modules/stagelock/dist/cjs/locks.js');",
  ],
])('%s gives the locks', (_, file, load) => {
  const text = `${load}
    const held = ['lockdir', 'cifs', 'flock', 'fcntl'].map((strategy) => openLock(__target, { strategy, fencing: true }).try());
    console.log(held.map((lock) => lock.token + lock.release()).join(' '));
    try { openLock('/no/such/directory/x'); } catch (error) { console.log(error instanceof LockError, error.code); }`;
  const target = join(project, `${file}.o`);
  writeFileSync(join(project, file), text.replace('__target', JSON.stringify(target)));
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({
    stdout: '1released 2released 3released 4released\ntrue no-directory\n',
    stderr: '',
  });
});

test.each(LIBRARIES)('the declaration of %s names nothing that the package does not bring', (name) => {
  const library = readFileSync(join(project, `node_modules/stagelock/dist/types/${name}.d.ts`), 'utf8');
  expect(library).not.toMatch(/from '(?!\.)/);
});
