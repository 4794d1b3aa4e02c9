import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readXml } from '../../../src/xml/events.js';
import { environment } from './repositories.js';

export const HAS_CTEST = spawnSync('ctest', ['--version']).status === 0;

/** What an `Update.xml` says, in a form that can be compared. */
export interface ReadUpdate {
  readonly revision: string | undefined;
  readonly prior: string | undefined;
  readonly status: string;
  /** By path. */
  readonly files: Readonly<Record<string, ReadFile>>;
}

export interface ReadFile {
  readonly kind: string;
  readonly author: string;
  readonly email: string;
  readonly revision: string;
}

/** Reads an `Update.xml`; that it is well-formed is checked on the way. */
export function readUpdate(xml: Buffer): ReadUpdate {
  const path: string[] = [];
  let facts: Record<string, string> = {};
  let files: Record<string, ReadFile> = {};
  const head: Record<string, string> = {};
  readXml(xml, {
    open: (name) => {
      path.push(name);
      if (path.length === 3) facts = {};
    },
    close: (name, text) => {
      path.pop();
      if (path.length === 1) head[name] = text;
      if (path.length === 3) facts[name] = text;
      if (path.length === 2 && ['Updated', 'Modified', 'Conflicting'].includes(name)) {
        const { FullName = '', Author = '', Email = '', Revision = '' } = facts;
        files = { ...files, [FullName]: { kind: name, author: Author, email: Email, revision: Revision } };
      }
    },
  });
  const { Revision: revision, PriorRevision: prior, UpdateReturnStatus: status = '' } = head;
  return { revision, prior, status, files };
}

/** The files with which a directory is a project of CTest. */
export const CTEST_FILES = {
  'CMakeLists.txt': 'cmake_minimum_required(VERSION 3.10)\nproject(x NONE)\ninclude(CTest)\n',
  'CTestConfig.cmake': 'set(CTEST_PROJECT_NAME x)\nset(CTEST_NIGHTLY_START_TIME "01:00:00 UTC")\n',
} as const;

/** Configures a checkout with CMake. Returns the build directory. */
export function configure(source: string, build: string): string {
  execFileSync('cmake', ['-S', source, '-B', build], { env: environment, stdio: 'ignore' });
  return build;
}

/** Has the real CTest update the checkout of a build directory. Returns its `Update.xml`. */
export function updateByCTest(build: string): Buffer {
  const before = testings(build);
  const { stdout } = spawnSync('ctest', ['-D', 'ContinuousUpdate'], { cwd: build, env: environment });
  const tag = testings(build).find((name) => !before.includes(name)) ?? before.at(-1) ?? '';
  const file = join(build, 'Testing', tag, 'Update.xml');
  if (!existsSync(file)) throw new Error(`CTest wrote no Update.xml:\n${stdout}`);
  return readFileSync(file);
}

const testings = (build: string): string[] => {
  const directory = join(build, 'Testing');
  return existsSync(directory) ? readdirSync(directory).filter((name) => /^\d{8}-\d{4}$/.test(name)) : [];
};

/** A file that is written besides those of the project. */
export const scribble = (directory: string, path: string): void =>
  writeFileSync(join(directory, path), `${readFileSync(join(directory, path), 'utf8')}# by hand\n`);
