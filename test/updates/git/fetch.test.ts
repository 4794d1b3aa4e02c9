import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetch, type GitSource } from '../../../src/updates/git/fetch.js';
import { currentRevision } from '../../../src/updates/git/head.js';
import { checkoutOf, environment, originAndClone, pidIn, runs, script, temporaryDirectory } from '../repository.js';

const forward: GitSource = { remote: 'origin', branch: 'main', mode: 'fast-forward' };
const reset: GitSource = { ...forward, mode: 'reset' };

describe('a fetch', () => {
  it('without news says so and costs two git processes', async () => {
    const { clone, checkout } = originAndClone();
    const commands: string[] = [];
    const log = (line: string) => line.startsWith('"git"') && commands.push(line);
    const head = clone.head();
    expect(await fetch(forward, { ...checkout, log })).toEqual({ kind: 'fetched', head, target: head, news: false });
    expect(commands).toHaveLength(2);
    expect(await currentRevision(checkout)).toEqual({ kind: 'revision', revision: head });
  });

  it('with news names both revisions and leaves the tree and other branches alone', async () => {
    const { origin, clone, checkout } = originAndClone();
    const head = clone.head();
    origin.git('branch', 'other');
    origin.git('tag', 'v1');
    const target = origin.commit('second', { 'a.txt': 'two\n' });
    expect(await fetch(forward, checkout)).toEqual({ kind: 'fetched', head, target, news: true });
    expect(clone.read('a.txt')).toBe('one\n');
    expect(clone.git('for-each-ref', '--format=%(refname)').split('\n')).toEqual([
      'refs/heads/main',
      'refs/remotes/origin/HEAD',
      'refs/remotes/origin/main',
    ]);
  });

  it('follows a rewritten remote branch', async () => {
    const { origin, clone, checkout } = originAndClone();
    origin.git('commit', '-q', '--amend', '-m', 'rewritten');
    expect(await fetch(forward, checkout)).toMatchObject({ news: true, head: clone.head(), target: origin.head() });
  });

  it('of another branch than is checked out shows the command that goes there, whatever its name is', async () => {
    const { root, origin, clone, checkout } = originAndClone();
    const branch = `it's;$(touch\${IFS}pwned)&"x"|y`;
    origin.git('branch', branch);
    const failed = await fetch({ ...forward, branch }, checkout);
    const [, command = ''] = /^ {2}(git .*)$/m.exec(failed.kind === 'failed' ? failed.message : '') ?? [];
    execFileSync('sh', ['-ec', command], { cwd: root, env: environment, stdio: 'ignore' });
    expect(clone.git('branch', '--show-current')).toBe(branch);
    expect(readdirSync(root).sort()).toEqual(['clone', 'origin']);
  });

  it('from an unreachable remote fails with what git said', async () => {
    const { clone, checkout } = originAndClone();
    clone.git('remote', 'set-url', 'origin', '/no/such/repository');
    const result = await fetch(forward, checkout);
    expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining('/no/such/repository') });
    expect(result).toMatchObject({ message: expect.stringContaining('exit code 128') });
  });

  it('of a branch that does not exist, in a directory that is no checkout, or without git fails', async () => {
    const { checkout } = originAndClone();
    const failed = { kind: 'failed' };
    expect(await fetch({ ...forward, branch: 'gone' }, checkout)).toMatchObject(failed);
    expect(await fetch(forward, { ...checkout, source: temporaryDirectory() })).toMatchObject(failed);
    expect(await fetch(forward, { ...checkout, environment: { PATH: '/nowhere' } })).toMatchObject(failed);
    expect(await currentRevision({ ...checkout, source: '/no/such/directory' })).toMatchObject(failed);
  });

  it('never takes a name for an option', async () => {
    const { root, checkout } = originAndClone();
    const pack = script(join(root, 'pack'), `touch ${root}/ran; exit 1`);
    for (const name of [`--upload-pack=${pack}`, '-v', '', 'a b', 'a..b', 'a:b', '+main', '../x', 'x.lock', '@{-1}']) {
      const commands: string[] = [];
      const log = (line: string) => commands.push(line);
      expect((await fetch({ ...forward, remote: name }, { ...checkout, log })).kind).toBe('failed');
      expect((await fetch({ ...forward, branch: name }, { ...checkout, log })).kind).toBe('failed');
      if (name.startsWith('-')) expect(commands).toEqual([]);
    }
    expect(() => readFileSync(join(root, 'ran'))).toThrow('ENOENT');
  });

  it('works although the environment is that of a hook in another repository', async () => {
    const { clone, checkout } = originAndClone();
    const other = originAndClone();
    other.clone.commit('elsewhere');
    const hook = { ...environment, GIT_DIR: join(other.clone.directory, '.git'), GIT_INDEX_FILE: '/nowhere' };
    expect(await fetch(forward, { ...checkout, environment: hook })).toMatchObject({ head: clone.head() });
  });
});

describe('in mode fast-forward, a fetch', () => {
  it('into a checkout of another branch or of no branch fails and names both; reset takes it', async () => {
    const { clone, checkout } = originAndClone();
    clone.git('switch', '-q', '-c', 'topic');
    const message = expect.stringMatching(/branch topic.*branch main/);
    expect(await fetch(forward, checkout)).toMatchObject({ kind: 'failed', message });
    clone.git('switch', '-q', '--detach');
    expect(await fetch(forward, checkout)).toMatchObject({ message: expect.stringContaining('detached HEAD') });
    expect(await fetch(reset, checkout)).toMatchObject({ kind: 'fetched', news: false });
  });

  it('into a shallow clone brings the commits since; where they are cut off it fails and names the remedy, and reset takes it', async () => {
    const { root, origin } = originAndClone();
    origin.commit('second');
    origin.git('clone', '-q', '--depth=1', `file://${origin.directory}`, join(root, 'shallow'));
    const clone = { ...origin, directory: join(root, 'shallow') };
    const checkout = checkoutOf(clone);
    expect(await fetch(forward, checkout)).toMatchObject({ kind: 'fetched', news: false });
    origin.commit('third');
    origin.commit('fourth');
    expect(await fetch(forward, checkout)).toMatchObject({ kind: 'fetched', news: true });
    origin.commit('fifth');
    execFileSync('git', ['fetch', '-q', '--depth=1'], { cwd: clone.directory, env: environment });
    expect(await fetch(forward, checkout)).toMatchObject({ message: expect.stringContaining('--unshallow') });
    expect(await fetch(reset, checkout)).toMatchObject({ kind: 'fetched', news: true });
    execFileSync('git', ['fetch', '-q', '--unshallow'], { cwd: clone.directory, env: environment });
    expect(await fetch(forward, checkout)).toMatchObject({ kind: 'fetched', news: true });
  });
});

describe('a fetch that hangs or asks', () => {
  it('is ended by its time limit, with everything it started', async () => {
    const { root, clone, checkout } = originAndClone();
    const ssh = script(join(root, 'ssh'), `echo $$ > ${root}/pid; exec sleep 1000`);
    clone.git('remote', 'set-url', 'origin', 'ssh://host.invalid/repository');
    const hanging = { ...environment, GIT_SSH_COMMAND: ssh, GIT_SSH_VARIANT: 'ssh' };
    const result = await fetch(forward, { ...checkout, environment: hanging, timeoutMs: 1_000 });
    expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining('within 1 s') });
    expect(runs(await pidIn(join(root, 'pid')))).toBe(false);
  });

  it('is ended on request', async () => {
    const { root, clone, checkout } = originAndClone();
    const ssh = script(join(root, 'ssh'), `echo $$ > ${root}/pid; exec sleep 1000`);
    clone.git('remote', 'set-url', 'origin', 'ssh://host.invalid/repository');
    const controller = new AbortController();
    const hanging = { ...environment, GIT_SSH_COMMAND: ssh, GIT_SSH_VARIANT: 'ssh' };
    const running = fetch(forward, { ...checkout, environment: hanging, signal: controller.signal });
    const pid = await pidIn(join(root, 'pid'));
    controller.abort();
    expect(await running).toMatchObject({ kind: 'failed', message: expect.stringContaining('on request') });
    expect(runs(pid)).toBe(false);
  });

  it('uses ssh in batch mode, but the command of core.sshCommand or GIT_SSH_COMMAND as it is', async () => {
    const { root, clone, checkout } = originAndClone();
    const record = (file: string) => `echo "$@" >> ${root}/${file}; exit 255`;
    script(join(root, 'ssh'), record('default'));
    const own = script(join(root, 'own'), record('own'));
    clone.git('remote', 'set-url', 'origin', 'ssh://host.invalid/repository');
    const path = { ...environment, PATH: `${root}${delimiter}${process.env['PATH']}` };
    await fetch(forward, { ...checkout, environment: path });
    expect(readFileSync(join(root, 'default'), 'utf8')).toMatch(/-o BatchMode=yes .*host\.invalid git-upload-pack/);
    clone.git('config', 'core.sshCommand', `${own} -i 'a key'`);
    await fetch(forward, { ...checkout, environment: path });
    expect(readFileSync(join(root, 'own'), 'utf8')).toMatch(/^-i a key .*host\.invalid git-upload-pack/m);
    expect(readFileSync(join(root, 'own'), 'utf8')).not.toContain('BatchMode');
    await fetch(forward, { ...checkout, environment: { ...path, GIT_SSH_COMMAND: `${own} -x` } });
    expect(readFileSync(join(root, 'own'), 'utf8')).toMatch(/^-x .*host\.invalid git-upload-pack/m);
  });

  it('from a server that wants a password fails at once, whatever asks for passwords here', async () => {
    const { root, clone, checkout } = originAndClone();
    const server = createServer((_, response) => {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const askpass = script(join(root, 'askpass'), `echo $$ > ${root}/pid; exec sleep 1000`);
    clone.git('remote', 'set-url', 'origin', `http://127.0.0.1:${(server.address() as AddressInfo).port}/repository`);
    clone.git('config', 'core.askPass', askpass);
    const asking = { ...environment, GIT_ASKPASS: askpass, SSH_ASKPASS: askpass, DISPLAY: ':0' };
    const result = await fetch(forward, { ...checkout, environment: asking });
    expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining('prompts disabled') });
    expect(() => readFileSync(join(root, 'pid'))).toThrow('ENOENT');
  });
});
