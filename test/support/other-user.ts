import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('../../package.json', import.meta.url));
const NOBODY = { uid: 65534, gid: 65534 };

/** Why no test can act as another user here, for the name of a test; undefined when they can. */
export const noOtherUser: string | undefined = whyNoOtherUser();

function whyNoOtherUser(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (spawnSync('setpriv', ['--version'], { stdio: 'ignore' }).status !== 0) return 'needs setpriv of util-linux';
  const reads = ['-e', `require('node:fs').accessSync(${JSON.stringify(CHECKOUT)})`];
  const tried = spawnSync(process.execPath, reads, { ...NOBODY, cwd: '/', stdio: 'ignore' });
  return tried.status === 0 ? undefined : 'needs Node and a checkout that other users can reach, unlike below /root';
}
