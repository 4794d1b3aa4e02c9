import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CDashSubmission } from '../../src/config/project.js';
import { tokenInTheClear } from '../../src/secrets/in-the-clear.js';
import { readSpool } from '../../src/submission/spool.js';
import { type Dashboard, dashboard } from '../submission/dashboard.js';
import { noOtherUser } from '../support/other-user.js';
import { environment, makeRepository } from '../updates/systems/repositories.js';
import { type Ended, STAGELOCK } from './programs.js';

let root: string;
let server: Dashboard;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'stagelock-secrets-'));
  server = await dashboard();
});

afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

type Result = Pick<Ended, 'code' | 'stdout' | 'stderr'>;

/** Without blocking this process, in which the server runs. */
function stagelock(args: readonly string[], more: NodeJS.ProcessEnv = {}, prefix: readonly string[] = []) {
  const [program = '', ...rest] = [...prefix, process.execPath, STAGELOCK, ...args];
  return new Promise<Result>((resolve) => {
    const child = execFile(program, rest, { cwd: root, env: { ...environment, ...more } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

interface Parts {
  /** Lines of `[defaults.submit]`. */
  readonly submit?: string;
  /** A shell command. */
  readonly stage?: string;
  /** Lines of the update of the primary. */
  readonly update?: string;
  /** Further tables. */
  readonly more?: string;
}

/** A primary `one` on a real repository, and a secondary `two` that submits elsewhere. */
function makeProject({ submit = '', stage = 'true', update = '', more = '' }: Parts): string {
  mkdirSync(join(root, 'repository'));
  const repository = makeRepository('git', join(root, 'repository'));
  repository.commit({ log: 'first', write: { 'a.c': 'int a;\n' } });
  repository.clone(join(root, 'source'));
  for (const build of ['one', 'two']) mkdirSync(join(root, build));
  const config = join(root, 'stagelock.toml');
  writeFileSync(
    config,
    `[project]
name = "x"
site = "here"
${submit === '' ? '' : `[defaults.submit]\n${submit}\n`}
[defaults.stages.build]
shell = '''${stage}'''
[builds.one]
source = "source"
directory = "one"
[builds.one.update]
branch = "main"
${update}
[builds.two]
primary = "one"
directory = "two"
${more}`,
  );
  chmodSync(config, 0o644);
  return config;
}

const SECRET = 'secret-7f3a';

/** Everything that was written below a directory and has the secret in it. */
function filesWithSecret(directory: string): string {
  try {
    return execFileSync('grep', ['-rlE', 'secret-(7f3a|b|mail)', directory], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

describe('what `token_variable` and `password_variable` name', () => {
  test('reaches no stage, no client and no custom update, of whatever build it is; the run still submits with it', async () => {
    const config = makeProject({
      submit: `url = "${server.url}"\ntoken_variable = "CDASH_TOKEN"`,
      stage: 'env; cat /proc/$$/environ; true',
      update: `command = ["sh", "-c", "env > '${root}/of-update'; git pull -q --ff-only"]`,
      more: `[builds.two.submit]\nenabled = false\ntoken_variable = "OTHER_TOKEN"
[mail]\nto = ["ann@example.org"]\ntransport = "smtp"\nhost = "localhost"\nuser = "u"\npassword_variable = "MAIL_PASSWORD"\n`,
    });
    mkdirSync(join(root, 'bin'));
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    writeFileSync(join(root, 'bin', 'git'), `#!/bin/sh\nenv >>'${root}/of-git'\nexec '${git}' "$@"\n`, { mode: 0o755 });
    const secrets = {
      CDASH_TOKEN: SECRET,
      OTHER_TOKEN: 'secret-b',
      MAIL_PASSWORD: 'secret-mail',
      KEPT: 'kept',
      PATH: `${root}/bin:${process.env['PATH']}`,
    };
    for (const build of ['one', 'two']) {
      expect(await stagelock(['-c', config, 'run', '--quiet', build], secrets)).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
      const tag = readFileSync(join(root, build, 'Testing', 'TAG'), 'utf8').split('\n')[0];
      expect(
        execFileSync('sh', ['-c', `cat '${root}/${build}/Testing/Temporary/'LastBuild_${tag}*.log`], {
          encoding: 'utf8',
        }),
      ).toContain('KEPT=kept');
    }
    expect(server.received[0]?.authorization).toBe(`Bearer ${SECRET}`);
    expect(readFileSync(join(root, 'of-git'), 'utf8')).toContain('KEPT=kept');
    expect(filesWithSecret(root)).toBe('');
  });

  test('reaches a stage whose own `environment` sets it', async () => {
    const config = makeProject({
      submit: `url = "${server.url}"\ntoken_variable = "CDASH_TOKEN"`,
      stage: 'echo "<$CDASH_TOKEN>" >>seen',
      more: '[builds.one.environment]\nCDASH_TOKEN = "of the stage"\n',
    });
    await stagelock(['-c', config, 'run', '--quiet', 'one'], { CDASH_TOKEN: SECRET });
    await stagelock(['-c', config, 'run', '--quiet', 'two'], { CDASH_TOKEN: SECRET });
    expect(readFileSync(join(root, 'one', 'seen'), 'utf8')).toBe('<of the stage>\n');
    expect(readFileSync(join(root, 'two', 'seen'), 'utf8')).toBe('<>\n');
  });

  test('reaches no sendmail', async () => {
    const config = makeProject({
      submit: `url = "${server.url}"\ntoken_variable = "CDASH_TOKEN"`,
      stage: 'false',
      more: `[mail]\nto = ["ann@example.org"]\nmonitors = ["ann@example.org"]\nsendmail = "${root}/sendmail"\n`,
    });
    writeFileSync(join(root, 'sendmail'), `#!/bin/sh\n(echo "$@"; env; cat) >>'${root}/sent'\n`, { mode: 0o755 });
    await stagelock(['-c', config, 'run', '--mail', '--quiet', 'one'], { CDASH_TOKEN: SECRET, KEPT: 'kept' });
    expect(server.received[0]?.authorization).toBe(`Bearer ${SECRET}`);
    expect(readFileSync(join(root, 'sent'), 'utf8')).toContain('KEPT=kept');
    expect(filesWithSecret(root)).toBe('');
  });
});

describe('a token or a password for another host', () => {
  const token = (): void => writeFileSync(join(root, 'token'), `${SECRET}\n`, { mode: 0o600 });

  test('does not go over plain http, and nothing else does; the build is built and its reports wait', async () => {
    token();
    const config = makeProject({
      submit: 'url = "http://cdash.invalid/submit.php?project=x"\nretries = 0\ntoken_file = "token"',
    });
    const why =
      'the token would go to http://cdash.invalid without encryption; use https, or set `allow_insecure = true`';
    // The proxy would carry it on.
    const proxy = { http_proxy: `http://127.0.0.1:${server.port}` };
    const ended = await stagelock(['-c', config, 'run', '--quiet', 'one'], proxy);
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    expect(ended.stderr).toContain(`: ${why}\n  1 submission `);
    expect(readSpool(join(root, 'one/Testing/Spool')).submissions).toHaveLength(1);
    expect(await stagelock(['-c', config, 'submit', 'one'], proxy)).toMatchObject({ code: 1 });
    expect(server.received).toEqual([]);
    const checked = await stagelock(['-c', config, 'check']);
    expect(checked).toEqual({ code: 2, stdout: '', stderr: `${config}: builds.one.submit.url: ${why}\n` });
    writeFileSync(config, readFileSync(config, 'utf8').replace('token_file', 'allow_insecure = true\ntoken_file'));
    expect((await stagelock(['-c', config, 'check'])).code).toBe(0);
    const tried = await stagelock(['-c', config, 'submit', 'one']);
    expect(tried.stderr).not.toContain('encryption');
  });

  test.each([
    ['http://localhost:1/', true],
    ['http://127.0.0.1/', true],
    ['http://127.1.2.3:8080/', true],
    ['http://127.1/', true],
    ['http://2130706433/', true],
    ['http://[::1]/', true],
    ['http://[::ffff:127.0.0.1]/', true],
    ['http://LOCALHOST/', true],
    ['https://cdash.example.org/', true],
    ['http://cdash.example.org/', false],
    ['http://127.0.0.1.example.org/', false],
    ['http://localhost.example.org/', false],
    ['http://my.localhost/', false],
    ['http://0.0.0.0/', false],
    ['http://128.0.0.1/', false],
    ['http://[::2]/', false],
    ['http://[fe80::1]/', false],
    ['HTTP://cdash.example.org/', false],
  ])('goes to %s: %s', async (url, goes) => {
    const submission = { ...SUBMISSION, url, token: { kind: 'file', path: join(root, 'token') } as const };
    expect(tokenInTheClear(submission) === undefined).toBe(goes);
    expect(tokenInTheClear({ ...submission, token: undefined })).toBeUndefined();
    expect(tokenInTheClear({ ...submission, allowInsecure: true })).toBeUndefined();
  });

  test('does not go to a mail server without TLS, but to one of this machine', async () => {
    writeFileSync(join(root, 'token'), 'secret-mail\n', { mode: 0o600 });
    const mail = (host: string): string =>
      `[mail]\nto = ["a@example.org"]\ntransport = "smtp"\nhost = "${host}"\nsecurity = "none"\nuser = "u"\npassword_file = "token"\n`;
    const config = makeProject({ more: mail('mx.example.org') });
    expect(await stagelock(['-c', config, 'check'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /: mail\.security: the password would go to mx\.example\.org without encryption; use /,
      ),
    });
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('mx.example.org', 'localhost'));
    expect((await stagelock(['-c', config, 'check'])).code).toBe(0);
    writeFileSync(config, text.replace('user = "u"', 'user = "u"\nallow_insecure = true'));
    expect((await stagelock(['-c', config, 'check'])).code).toBe(0);
  });

  test('does not go to etcd without TLS, and no other user reads it or the key of our certificate', async () => {
    writeFileSync(join(root, 'token'), 'secret-mail\n', { mode: 0o600 });
    writeFileSync(join(root, 'key'), 'key\n', { mode: 0o644 });
    const etcd = (urls: string, rest = ''): string =>
      `[coordination]\netcd = ["${urls}"]\nuser = "u"\npassword_file = "token"\n${rest}`;
    const config = makeProject({ more: etcd('http://etcd.example.org:2379') });
    const clear = /: coordination\.etcd: the password would go to http:\/\/etcd\.example\.org:2379 without encryption/;
    expect(await stagelock(['-c', config, 'check'])).toMatchObject({ code: 2, stderr: expect.stringMatching(clear) });
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('http://etcd.example.org', 'http://127.0.0.1'));
    expect(await stagelock(['-c', config, 'check'])).toMatchObject({ code: 0, stderr: '' });
    const exposed = 'https://etcd.example.org:2379"]\ncert_file = "cert"\nkey_file = "key"\n#';
    writeFileSync(config, text.replace('http://etcd.example.org:2379"]', exposed));
    const { code, stderr } = await stagelock(['-c', config, 'check']);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/coordination\.key_file: .*\/key can be/),
    });
    chmodSync(join(root, 'token'), 0o644);
    chmodSync(join(root, 'key'), 0o600);
    expect((await stagelock(['-c', config, 'check'])).stderr).toMatch(/coordination\.password_file: .*\/token can be/);
  });
});

const SUBMISSION: CDashSubmission = {
  type: 'cdash',
  url: '',
  token: undefined,
  caFile: undefined,
  timeoutMs: 1000,
  retries: 0,
  retryDelayMs: 0,
  keepMs: 1e9,
  spoolBytes: 1e9,
};

describe('a file with a token', () => {
  const submit = (): string => `url = "${server.url}"\ntoken_file = "token"`;
  const run = (config: string) => stagelock(['-c', config, 'run', '--quiet', 'one']);
  const spooled = () => readSpool(join(root, 'one/Testing/Spool')).submissions.length;

  test.each(['644', '640', '604', '620', '666'])(
    'that others can open (mode %s) is refused with the chmod, which mends it',
    async (mode) => {
      const config = makeProject({ submit: submit() });
      const token = join(root, 'token');
      writeFileSync(token, `${SECRET}\n`);
      chmodSync(token, Number.parseInt(mode, 8));
      // Root may leave a file of its own to a group.
      if (process.getuid?.() === 0 && mode === '640') return;
      const ended = await run(config);
      const command = ended.stderr.split('\n').find((line) => line.startsWith('  chmod ')) ?? '';
      expect(ended.stderr).toMatch(
        /^stagelock: one: submit: .*the token is not used: .*\/token (can be read by|is open to) .* \(mode 6\d\d\)\n {2}chmod 6[04]0 \S+\n {2}1 submission .*\n$/,
      );
      expect(ended).toMatchObject({ code: 0, stdout: '' });
      expect([server.received.length, spooled()]).toEqual([0, 1]);
      execFileSync('sh', ['-c', command]);
      expect(await stagelock(['-c', config, 'submit', 'one'])).toMatchObject({ code: 0, stderr: '' });
      expect(server.received[0]?.authorization).toBe(`Bearer ${SECRET}`);
      expect(spooled()).toBe(0);
    },
  );

  test('may be behind symbolic links, as Kubernetes has them', async () => {
    const config = makeProject({ submit: submit() });
    mkdirSync(join(root, '..2026'));
    writeFileSync(join(root, '..2026', 'token'), `${SECRET}\n`, { mode: 0o400 });
    symlinkSync('..2026', join(root, '..data'));
    symlinkSync('..data/token', join(root, 'token'));
    expect(await run(config)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(server.received[0]?.authorization).toBe(`Bearer ${SECRET}`);
    chmodSync(join(root, '..2026', 'token'), 0o444);
    expect((await stagelock(['-c', config, 'check'])).code).toBe(2);
  });

  test.each([
    ['a named pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a link to a device', (path: string) => symlinkSync('/dev/zero', path)],
    ['a link to itself', (path: string) => symlinkSync(path, path)],
    ['a huge file', (path: string) => execFileSync('sh', ['-c', `truncate -s 10G '${path}'; chmod 600 '${path}'`])],
  ])('that is %s is refused and holds nothing up', async (_, make) => {
    const config = makeProject({ submit: submit() });
    make(join(root, 'token'));
    const ended = await run(config);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /the token is not used: (\S*\/token (is not a regular file|is longer than )|ELOOP: .*\/token)/,
    );
    expect((await stagelock(['-c', config, 'check'])).stderr).toMatch(/builds\.one\.submit\.token_file: .*\/token/);
  });

  test.skipIf(noOtherUser !== undefined)('of another user is refused, of root is taken with at most 0640', async () => {
    const config = makeProject({ submit: submit() });
    const token = join(root, 'token');
    writeFileSync(token, `${SECRET}\n`, { mode: 0o600 });
    execFileSync('chown', ['-R', '61001:61001', root]);
    const anna = ['setpriv', '--reuid=61001', '--regid=61001', '--clear-groups'];
    const asAnna = () => stagelock(['-c', config, 'submit', 'one'], { HOME: root }, anna);
    const first = await stagelock(['-c', config, 'run', '--quiet', 'one'], { HOME: root }, anna);
    expect(first).toEqual({ code: 0, stdout: '', stderr: '' });
    rmSync(join(root, 'one'), { recursive: true });
    mkdirSync(join(root, 'one'));
    chownSync(join(root, 'one'), 61001, 61001);
    chmodSync(token, 0o644);
    chownSync(token, 61002, 61001);
    const refused = await stagelock(['-c', config, 'run', '--quiet', 'one'], { HOME: root }, anna);
    expect(refused.stderr).toContain(
      `${token} belongs to user 61002, neither to user 61001, who runs stagelock, nor to root`,
    );
    expect(refused.stderr).toContain(`\n  chown 61001 ${token} && chmod 600 ${token}\n`);
    chownSync(token, 0, 61001);
    expect((await asAnna()).stderr).toContain(`\n  chmod 640 ${token}\n`);
    chmodSync(token, 0o640);
    expect(await asAnna()).toMatchObject({ code: 0, stderr: '' });
    expect(server.received.at(-1)?.authorization).toBe(`Bearer ${SECRET}`);
  });

  test('is reported by `check`, with the command alone on its line, and in JSON', async () => {
    const config = makeProject({ submit: submit() });
    writeFileSync(join(root, 'token'), `${SECRET}\n`, { mode: 0o600 });
    expect(await stagelock(['-c', config, 'check'])).toMatchObject({ code: 0, stderr: '' });
    chmodSync(join(root, 'token'), 0o644);
    const { code, stderr } = await stagelock(['-c', config, 'check']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^\S+\/stagelock\.toml: builds\.one\.submit\.token_file: \S+\/token can be read by all users \(mode 644\)\n {2}chmod 6[04]0 \S+\/token\n$/,
      ),
    });
    const json = await stagelock(['-c', config, 'check', '--json']);
    expect(JSON.parse(json.stdout).problems).toHaveLength(1);
  });
});

describe.skipIf(noOtherUser !== undefined)('a configuration', () => {
  const ANNA = 61_001;
  const GROUP = 61_000;
  const COMMANDS = [
    ['run', '--quiet', 'one'],
    ['check'],
    ['status'],
    ['unlock', '--yes', 'one'],
    ['kill', '--yes', 'one'],
    ['log', 'one'],
    ['submit'],
    ['rename', 'a', 'b'],
    ['schedule'],
  ];
  const anna = ['setpriv', `--reuid=${ANNA}`, `--regid=${GROUP}`, '--clear-groups'];

  /** @returns the path of the configuration, which counts what is run by it */
  function make(): string {
    const config = makeProject({ stage: `id -u >>'${root}/ran'` });
    mkdirSync(join(root, 'way'));
    chmodSync(root, 0o755);
    return config;
  }

  const cases: [
    what: string,
    spoil: (config: string) => string | undefined,
    who: string,
    remedy: (config: string) => string,
  ][] = [
    [
      'that all users can write',
      (file) => void chmodSync(file, 0o646),
      'every user can change it',
      (file) => `chmod go-w ${file}`,
    ],
    [
      'that a group can write',
      (file) => {
        chownSync(file, 0, GROUP);
        chmodSync(file, 0o664);
      },
      `group ${GROUP} can change it`,
      (file) => `chmod g-w ${file}`,
    ],
    [
      'of another user',
      (file) => void chownSync(file, ANNA, 0),
      `user ${ANNA} can change it`,
      (file) => `chown 0 ${file}`,
    ],
    [
      'in a directory that all users can write',
      () => void chmodSync(root, 0o777),
      'every user can change /',
      () => `chmod go-w ${root}`,
    ],
    [
      'in a directory of another user',
      () => void chownSync(root, ANNA, 0),
      `user ${ANNA} can change /`,
      () => `chown 0 ${root}`,
    ],
    [
      'behind a link that another user can replace',
      (file) => {
        chmodSync(join(root, 'way'), 0o777);
        symlinkSync(file, join(root, 'way', 'stagelock.toml'));
        return join(root, 'way', 'stagelock.toml');
      },
      'every user can change /',
      () => `chmod go-w ${root}/way`,
    ],
    [
      'of another user behind a link of ours',
      (file) => {
        chownSync(file, ANNA, 0);
        symlinkSync('../stagelock.toml', join(root, 'way', 'stagelock.toml'));
        return join(root, 'way', 'stagelock.toml');
      },
      `user ${ANNA} can change /`,
      (file) => `chown 0 ${file}`,
    ],
    [
      'behind a link of another user in a directory like /tmp',
      (file) => {
        chmodSync(join(root, 'way'), 0o1777);
        symlinkSync(file, join(root, 'way', 'stagelock.toml'));
        execFileSync('chown', ['-h', String(ANNA), join(root, 'way', 'stagelock.toml')]);
        return join(root, 'way', 'stagelock.toml');
      },
      `user ${ANNA} can change it`,
      () => `chown -h 0 ${root}/way/stagelock.toml`,
    ],
  ];

  test.each(cases)('%s is not run by root, who is told the command that mends it', async (_, spoil, who, remedy) => {
    const config = make();
    const named = spoil(config) ?? config;
    for (const args of COMMANDS.slice(0, who === `user ${ANNA} can change it` ? undefined : 2)) {
      const { code, stdout, stderr } = await stagelock(['-c', named, ...args]);
      expect([args[0], code, stdout]).toEqual([args[0], 2, '']);
      expect(stderr).toContain(`${named}: ${who}`);
      expect(stderr.split('\n').map((line) => line.trim())).toContain(remedy(config));
    }
    expect(existsSync(join(root, 'ran'))).toBe(false);
    execFileSync('sh', ['-c', remedy(config)]);
    // Relative paths are meant from where the link is.
    mkdirSync(join(named, '..', 'source'), { recursive: true });
    expect(await stagelock(['-c', named, 'check', '--offline'])).toMatchObject({ code: 0, stderr: '' });
    if (named !== config) return;
    expect(await stagelock(['-c', named, 'run', '--quiet', 'one'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(root, 'ran'), 'utf8')).toBe('0\n');
  });

  test('that others cannot change is run by root, also in a directory like /tmp and with the group of root', async () => {
    const config = make();
    chmodSync(root, 0o1777);
    chmodSync(config, 0o664);
    expect(await stagelock(['-c', config, 'run', '--quiet', 'one'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('that CMake has made for CTest is no better', async () => {
    const directory = join(root, 'build');
    mkdirSync(directory);
    writeFileSync(join(directory, 'DartConfiguration.tcl'), `SourceDirectory: ${root}\nBuildDirectory: ${directory}\n`);
    chownSync(directory, ANNA, 0);
    const { code, stderr } = await stagelock(['--build-dir', directory, 'run']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`\n    chown 0 ${directory}\n`) });
  });

  test('of a group says nothing to its members; one that all users can write, or of a stranger, is reported once', async () => {
    const config = make();
    execFileSync('chown', ['-R', `${ANNA}:${GROUP}`, root]);
    const run = () => stagelock(['-c', config, 'run', '--quiet', 'one'], { HOME: root }, anna);
    const quiet = { code: 0, stdout: '', stderr: '' };
    chmodSync(config, 0o664);
    chmodSync(root, 0o775);
    expect(await run()).toEqual(quiet);
    chownSync(config, 61_002, GROUP);
    expect(await run()).toEqual(quiet);
    chownSync(config, 61_002, 61_002);
    const stranger = `${config} names the commands that run as you, and user 61002 can change it.\n  chown ${ANNA} ${config}\n`;
    expect(await run()).toEqual({ ...quiet, stderr: `stagelock: one: ${stranger}` });
    expect(await run()).toEqual(quiet);
    expect((await stagelock(['-c', config, 'check'], {}, anna)).stdout).toContain(`\n${stranger}`);
    chownSync(config, ANNA, GROUP);
    expect(await run()).toEqual(quiet);
    chmodSync(root, 0o777);
    expect((await run()).stderr).toContain(`every user can change ${root}.\n  chmod go-w ${root}\n`);
    expect(await run()).toEqual(quiet);
  });
});
