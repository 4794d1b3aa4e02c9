import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { because, deadPid, works } from '../locks/processes.js';
import {
  cleaner,
  type Ended,
  everything,
  leaveFile,
  leaveLock,
  objectDirectory,
  type Report,
  recordOf,
  STANDING_NAMES,
} from './cleaner.js';

const SSHD = '/usr/sbin/sshd';
/** A name of its own for the server, which thereby is another host; and /run to itself, where sshd wants a directory. */
const OTHER_HOST = ['unshare', '-u', '-m'];
const canServe =
  existsSync(SSHD) &&
  works('ssh', '-V') &&
  thisHost().name === hostname() &&
  works('unshare', '-u', '-m', 'sh', '-c', 'hostname x && mount -t tmpfs none /run');

function living(): number {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child.pid ?? 0;
}

/** A directory with a program `ssh` that notes how it is called. */
function sshInPath(text: string): { readonly path: string; calls(): string[] } {
  const path = objectDirectory();
  writeFileSync(join(path, 'ssh'), `#!/bin/sh\necho "$@" >> ${path}/calls\n${text}\n`);
  chmodSync(join(path, 'ssh'), 0o755);
  const calls = (): string[] =>
    existsSync(join(path, 'calls')) ? readFileSync(join(path, 'calls'), 'utf8').trim().split('\n') : [];
  return { path, calls };
}

/** Cleans up with that `ssh`. */
async function cleanWith(
  ssh: string,
  directory: string,
  ...args: string[]
): Promise<Ended & { readonly findings: Report['findings'] }> {
  const environment = { PATH: `${ssh}:${process.env['PATH']}` };
  const ended = await cleaner([`--objdir=${directory}`, '--json', ...args], { environment });
  return { ...ended, findings: (JSON.parse(ended.stdout) as Report).findings };
}

describe('a host that refuses a shell', () => {
  /** What such a host does with `kill -0 PID`. */
  const host = (kill: string): ReturnType<typeof sshInPath> =>
    sshInPath(
      `for last; do :; done\ncase $last in "kill -0 "*) pid=\${last##* }; ${kill} ;; esac\necho no >&2; exit 1`,
    );

  test.each([
    ['and that, too', 'true', 'unknown'],
    ['and ends with 1 without a word', 'exit 1', 'unknown'],
    ['and may not signal the process', 'echo "kill: (4711): Operation not permitted" >&2; exit 1', 'unknown'],
    ['without a word, as one who may signal all', 'test $pid = 1; exit', 'removed'],
    ['and says so in words', 'echo "bash: line 1: kill: (4711) - No such process" >&2; exit 1', 'removed'],
    ['and runs everything', 'exit 0', 'in-use'],
    ['and fails in another way', 'test $pid = 1; exit $((127 * $?))', 'unknown'],
    ['and vanishes meanwhile', 'exit 255', 'unknown'],
  ])('%s', async (_, kill, fate) => {
    const ssh = host(kill);
    const directory = objectDirectory();
    leaveLock('lockdir', join(directory, 'a.o'), 'farhost:4711');
    const { findings } = await cleanWith(ssh.path, directory, '--min-lock-age=10');
    expect(findings.map((finding) => finding.fate)).toEqual([fate]);
    expect(existsSync(join(directory, 'a.o.lockdir'))).toBe(fate !== 'removed');
  });

  test('and answers with another name is not asked otherwise', async () => {
    const ssh = sshInPath('cat > /dev/null; echo "host elsewhere"; exit 0');
    const directory = objectDirectory();
    leaveLock('lockdir', join(directory, 'a.o'), 'farhost:4711');
    const { findings } = await cleanWith(ssh.path, directory, '--min-lock-age=10');
    expect(findings).toMatchObject([{ fate: 'unknown' }]);
    expect(ssh.calls()).toHaveLength(1);
  });
});

describe.skipIf(!canServe)(`with a real sshd${because(canServe, 'no sshd, or not root')}`, () => {
  let keys: string;

  beforeAll(() => {
    keys = execFileSync('mktemp', ['-d']).toString().trim();
    for (const name of ['host', 'user']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, name)]);
    }
    return () => void spawnSync('rm', ['-r', keys]);
  });

  /** Starts a server that is called so, until the test ends. Returns its port. */
  async function serve(
    name: string,
    through: readonly string[] = OTHER_HOST,
    more: readonly string[] = [],
  ): Promise<number> {
    const port = await freePort();
    const config = join(keys, `sshd_config.${port}`);
    writeFileSync(
      config,
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${join(keys, 'host')}`,
        `AuthorizedKeysFile ${join(keys, 'user.pub')}`,
        'PidFile none',
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin yes',
        ...more,
      ].join('\n'),
    );
    const setUp = `mount -t tmpfs none /run && mkdir /run/sshd && hostname ${name} && exec ${SSHD} -D -e -f ${config}`;
    const [program = 'unshare', ...rest] = through;
    const child = spawn(program, [...rest, 'sh', '-c', setUp], { stdio: ['ignore', 'ignore', 'pipe'] });
    onTestFinished(() => {
      child.kill('SIGTERM');
    });
    let log = '';
    child.stderr.on('data', (text) => {
      log += text;
    });
    for (let tries = 0; tries < 500 && !log.includes('Server listening'); tries++) await sleep(20);
    if (!log.includes('Server listening')) throw new Error(`sshd did not start: ${log}`);
    return port;
  }

  /** An `ssh` that knows some hosts by their ports. */
  function sshTo(hosts: Readonly<Record<string, number>>, more = ''): ReturnType<typeof sshInPath> {
    const known = join(keys, `known.${Object.values(hosts).join('.')}`);
    const key = readFileSync(join(keys, 'host.pub'), 'utf8');
    writeFileSync(
      known,
      Object.keys(hosts)
        .map((host) => `${host} ${key}`)
        .join(''),
    );
    const config = join(keys, `ssh_config.${Object.values(hosts).join('.')}`);
    const entries = Object.entries(hosts).map(
      ([host, port]) => `Host ${host}\n HostName 127.0.0.1\n Port ${port}\n HostKeyAlias ${host}\n`,
    );
    writeFileSync(
      config,
      `${entries.join('')}${more}Host *\n User ${userInfo().username}\n IdentityFile ${join(keys, 'user')}\n IdentitiesOnly yes\n UserKnownHostsFile ${known}\n GlobalKnownHostsFile /dev/null\n`,
    );
    return sshInPath(`exec /usr/bin/ssh -F ${config} "$@"`);
  }

  test.each(STANDING_NAMES)('locks of dead processes go and those of living ones stay (%s)', async (kind) => {
    const ssh = sshTo({ farhost: await serve('farhost') });
    const directory = objectDirectory();
    const [dead, alive] = [deadPid(), living()];
    leaveLock(kind, join(directory, 'dead.o'), `farhost:${dead}`);
    leaveFile(join(directory, `dead.o.${dead}.0123456789abcdef.tmp`));
    leaveLock(kind, join(directory, 'reused.o'), `farhost:${alive}:1700000000.5`);
    const used = leaveLock(kind, join(directory, 'used.o'), `farhost:${alive}`, 30);
    const { findings, code, stderr } = await cleanWith(ssh.path, directory, '--min-lock-age=10');
    const told = Object.fromEntries(
      findings.map(({ path, fate, why }) => [path.split('/').at(-1)?.split('.')[0], [fate, why]]),
    );
    expect(findings).toHaveLength(4);
    expect(findings.filter(({ what }) => what === 'temporary')).toMatchObject([{ fate: 'removed' }]);
    expect(told['used']).toEqual(['in-use', 'its process is running on farhost']);
    expect(told['reused']).toEqual([
      'removed',
      'on farhost, its pid belongs to a process that started after the lock was made',
    ]);
    expect(everything(directory).filter((name) => !name.endsWith('/pid'))).toEqual([used]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(ssh.calls()).toHaveLength(1);
  });

  test.each([
    ['', 'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'],
    ['that swallows messages', 'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND 2> /dev/null"'],
  ])('a host that allows nothing but "kill -0 PID" is asked by that, also by one %s', async (_, allowed) => {
    const wrapper = join(keys, 'wrapper');
    writeFileSync(
      wrapper,
      `#!/bin/sh\nif echo "$SSH_ORIGINAL_COMMAND" | grep -qxE 'kill -0 [0-9]+'; then ${allowed}; fi\necho "not allowed" >&2; exit 126\n`,
    );
    chmodSync(wrapper, 0o755);
    const ssh = sshTo({ farhost: await serve('farhost', OTHER_HOST, [`ForceCommand ${wrapper}`]) });
    const directory = objectDirectory();
    const [dead, alive] = [deadPid(), living()];
    leaveLock('lockdir', join(directory, 'dead.o'), `farhost:${dead}`);
    const used = leaveLock('lockdir', join(directory, 'used.o'), `farhost:${alive}`);
    const { findings, code, stderr } = await cleanWith(ssh.path, directory, '--min-lock-age=10');
    expect(Object.fromEntries(findings.map(({ fate, why }) => [fate, why]))).toEqual({
      removed: 'on farhost, its process no longer exists',
      'in-use': 'its process is running on farhost',
    });
    expect(everything(directory).filter((name) => !name.endsWith('/pid'))).toEqual([used]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('a host that is not who it shall be, or not trusted, or not there, is not believed', async () => {
    const port = await serve('farhost');
    const container = await serve('boxed', ['unshare', '-u', '-m', '-p', '-f', '--mount-proc']);
    const hosts = { alias: port, boxed: container, closed: await freePort() };
    const stranger = `Host stranger\n HostName 127.0.0.1\n Port ${port}\n HostKeyAlias nobody\n`;
    const hung = 'Host hung\n ProxyCommand sleep 600\n';
    const ssh = sshTo(hosts, stranger + hung);
    const directory = objectDirectory();
    const dead = deadPid();
    for (const host of [...Object.keys(hosts), 'stranger', 'hung', '-oProxyCommand=touch$IFS.x', 'a;b', 'far/pid-1']) {
      leaveLock('cifs', join(directory, `${host.replace(/\W/g, '')}.o`), `${host}:${dead}`);
    }
    const before = everything(directory);
    const { findings, code } = await cleanWith(ssh.path, directory, '--ssh-timeout=1');
    expect(new Set(findings.map(({ fate }) => fate))).toEqual(new Set(['unknown']));
    const why = (host: string): string | undefined => findings.find(({ owner }) => owner?.host === host)?.why;
    expect(why('alias')).toContain('the host that answers calls itself farhost');
    expect(why('boxed')).toContain('another PID namespace');
    expect(why('closed')).toContain('Connection refused');
    expect(why('stranger')).toContain('Host key verification failed');
    expect(why('hung')).toMatch(/timed out|took too long/i);
    expect(why('a;b')).toContain('cannot be asked by ssh');
    expect(ssh.calls()).toHaveLength(5);
    expect(everything(directory)).toEqual(before);
    expect(code).toBe(0);
  });
});

describe('with an ssh of our own making', () => {
  const answer = (pids: string): string =>
    `cat > /dev/null; echo host farhost; echo 'system Linux pid:[4026531836]'; ${pids}; echo end`;

  test.each(STANDING_NAMES)('a lock that changed hands while its host was asked stays (%s)', async (kind) => {
    const directory = objectDirectory();
    const target = join(directory, 'a.o');
    leaveLock(kind, target, 'farhost:4711');
    const record = join(directory, everything(directory).at(-1) ?? '');
    const ssh = sshInPath(`printf farhost:4711 > ${record}; ${answer('echo process 4711 absent')}`);
    const { findings, code } = await cleanWith(ssh.path, directory);
    expect(findings).toEqual([]);
    expect(readFileSync(record, 'utf8')).toBe('farhost:4711');
    expect(code).toBe(0);
  });

  test('each host is asked once, for all its processes', async () => {
    const directory = objectDirectory();
    for (let pid = 5001; pid <= 5040; pid++) leaveLock('cifs', join(directory, `${pid}.o`), `farhost:${pid}`);
    const ssh = sshInPath(answer('for p in $(seq 5001 5040); do echo process $p absent; done'));
    const { findings } = await cleanWith(ssh.path, directory);
    expect(findings.filter(({ fate }) => fate === 'removed')).toHaveLength(40);
    expect(ssh.calls()).toEqual([
      expect.stringMatching(/-o BatchMode=yes -o ConnectTimeout=5 .* -- farhost \/bin\/sh$/),
    ]);
    expect(everything(directory)).toEqual([]);
  });

  test('many locks of one host are asked about some at a time, and a host that does not answer only once', async () => {
    const directory = objectDirectory();
    for (let pid = 1; pid <= 2500; pid++) {
      leaveLock('cifs', join(directory, `${pid}.o`), `farhost:${pid}`);
      leaveLock('cifs', join(directory, `${pid}.a`), `silent:${pid}`);
    }
    const ssh = sshInPath(
      `case "$*" in *silent*) exit 255 ;; esac\n${answer('for p in $(seq 1 2500); do echo process $p absent; done')}`,
    );
    const { findings } = await cleanWith(ssh.path, directory);
    const count = (host: string, fate: string): number =>
      findings.filter((finding) => finding.owner?.host === host && finding.fate === fate).length;
    expect({ removed: count('farhost', 'removed'), kept: count('silent', 'unknown') }).toEqual({
      removed: 2500,
      kept: 2500,
    });
    const of = (host: string): number => ssh.calls().filter((call) => call.includes(`-- ${host} `)).length;
    expect({ farhost: of('farhost') > 1, silent: of('silent') }).toEqual({ farhost: true, silent: 1 });
  });

  test('a dry run asks and removes nothing', async () => {
    const directory = objectDirectory();
    leaveLock('lockdir', join(directory, 'a.o'), 'farhost:4711');
    const ssh = sshInPath(answer('echo process 4711 absent'));
    const { findings } = await cleanWith(ssh.path, directory, '--dry-run');
    expect(findings).toMatchObject([{ fate: 'would-remove', why: 'on farhost, its process no longer exists' }]);
    expect(everything(directory)).toEqual(['a.o.lockdir', 'a.o.lockdir/pid']);
  });

  test('young locks, our own ones and --ssh-timeout=0 call no host', async () => {
    const directory = objectDirectory();
    leaveLock('cifs', join(directory, 'young.o'), 'farhost:4711', 60);
    leaveLock('cifs', join(directory, 'ours.o'), recordOf(deadPid()));
    const ssh = sshInPath('exit 255');
    await cleanWith(ssh.path, directory);
    leaveLock('cifs', join(directory, 'old.o'), 'farhost:4711');
    await cleanWith(ssh.path, directory, '--ssh-timeout=0');
    expect(ssh.calls()).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['old.o.lock.excl', 'young.o.lock.excl']);
  });

  test('many hosts are asked at the same time, but not too many', async () => {
    const directory = objectDirectory();
    for (let host = 1; host <= 24; host++) leaveLock('cifs', join(directory, `${host}.o`), `far${host}:4711`);
    const ssh = sshInPath(
      'cd "$(dirname "$0")"; touch now.$$; ls | grep -c now >> counts; sleep 0.3; rm now.$$; exit 255',
    );
    const { findings } = await cleanWith(ssh.path, directory);
    expect(findings.every(({ fate, why }) => fate === 'unknown' && why.includes('ssh ended with 255'))).toBe(true);
    const counts = readFileSync(join(ssh.path, 'counts'), 'utf8').trim().split('\n').map(Number);
    expect(counts).toHaveLength(24);
    expect(Math.max(...counts)).toBeGreaterThan(1);
    expect(Math.max(...counts)).toBeLessThanOrEqual(8);
  });

  test('where there is no ssh, the locks of other hosts stay', async () => {
    const directory = objectDirectory();
    leaveLock('lockdir', join(directory, 'a.o'), 'farhost:4711');
    const environment = { PATH: directory };
    const { stdout, code } = await cleaner([`--objdir=${directory}`, '-v'], { environment });
    expect(stdout).toMatch(/^kept, unknown: \S+a\.o\.lockdir, lock of farhost:4711: .*ssh cannot be started/);
    expect(code).toBe(0);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
