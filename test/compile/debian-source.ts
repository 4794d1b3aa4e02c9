import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's own configuration of apt says that packages come from. */
const MIRROR = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Unpacks the upstream source of a Debian package, which apt fetches and whose signature it checks. The machine's own lists of
 * packages stay as they are.
 *
 * @param directory for everything, empty
 * @returns the unpacked source; or why there is none: no Debian, no network
 */
export function debianSource(name: string, directory: string): { readonly tree: string } | { readonly why: string } {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || suite === undefined || !existsSync(KEYRING)) return { why: 'this is no Debian' };
  const lists = join(directory, 'lists');
  const sources = join(directory, 'debian.sources');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  writeFileSync(
    sources,
    `Types: deb-src\nURIs: ${MIRROR}\nSuites: ${suite}\nComponents: main\nSigned-By: ${KEYRING}\n`,
  );
  const options = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${lists}`,
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
  ].flatMap((option) => ['-o', option]);
  for (const words of [['update'], ['source', '--download-only', name]]) {
    const { status, stderr, error } = spawnSync('apt-get', [...options, '-qq', ...words], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status !== 0) return { why: `apt-get ${words.join(' ')}: ${error?.message ?? stderr}` };
  }
  const archive = readdirSync(directory).find((file) => file.includes('.orig.tar.') && !file.endsWith('.asc'));
  if (archive === undefined) return { why: `no source of ${name}` };
  const tree = join(directory, 'tree');
  mkdirSync(tree);
  const { status, stderr } = spawnSync('tar', ['-xf', join(directory, archive), '-C', tree, '--strip-components=1'], {
    encoding: 'utf8',
  });
  return status === 0 ? { tree } : { why: stderr };
}
