import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CTestUpdate } from './ctest-update.js';
import { FOREIGN_REPOSITORY } from './git-upstream.js';

type UpdateTable = Extract<CTestUpdate, { kind: 'update' }>['table'];

const ASK_MS = 10_000;

/** Where the updates of a source come from, without user and password; undefined where its version control system knows no such place. */
export function remoteOf(source: string, { type = 'git', remote = 'origin' }: UpdateTable): string | undefined {
  const found = addressOf(source, type, remote);
  return found === undefined ? undefined : withoutLogin(found);
}

function addressOf(source: string, type: NonNullable<UpdateTable['type']>, remote: string): string | undefined {
  switch (type) {
    case 'git':
      return answerOf(source, 'git', ['remote', 'get-url', '--', remote]);
    case 'svn':
      return answerOf(source, 'svn', ['info', '--non-interactive', '--show-item', 'url', '.']);
    case 'hg':
      return answerOf(source, 'hg', ['paths', 'default']);
    case 'cvs':
      return rootOfCvs(join(source, 'CVS', 'Root'));
  }
}

/** What a URL says of who asks may be a token. The user of `git@host:path` is none. */
export function withoutLogin(address: string): string {
  return address.replace(/^(:?[\w+.-]+:(?:\/\/)?)[^/@]*@/, '$1');
}

function answerOf(source: string, client: string, args: readonly string[]): string | undefined {
  const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C', HGPLAIN: '1' };
  for (const name of FOREIGN_REPOSITORY) delete environment[name];
  const { status, stdout } = spawnSync(client, args, {
    cwd: source,
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: ASK_MS,
  });
  return status === 0 ? stdout.trim() || undefined : undefined;
}

function rootOfCvs(file: string): string | undefined {
  try {
    const stat = statSync(file);
    return stat.isFile() && stat.size < 64 * 1024 ? readFileSync(file, 'utf8').trim() || undefined : undefined;
  } catch {
    return undefined;
  }
}
