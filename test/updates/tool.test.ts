import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OUTPUT_LIMIT, runTool, type ToolRun } from '../../src/updates/tool.js';
import { environment, originAndClone, pidIn, runs, temporaryDirectory } from './repository.js';

function shell(script: string, more: Partial<ToolRun> = {}): ToolRun {
  return { argv: ['/bin/sh', '-c', script], directory: '/', environment, timeoutMs: 30_000, ...more };
}

describe('a tool', () => {
  it('that succeeds gives back what it wrote, and the log has its command and every line', async () => {
    const log: string[] = [];
    const run = { ...shell(''), argv: ['printf', 'one\\ntwo\\nrest'] as const, log: (line: string) => log.push(line) };
    const result = await runTool(run);
    expect(result).toMatchObject({ kind: 'ok', stderr: '' });
    expect(result.kind === 'ok' && result.stdout.toString()).toBe('one\ntwo\nrest');
    expect(log).toEqual(['"printf" "one\\ntwo\\nrest"', 'out> one', 'out> two', 'out> rest']);
  });

  it('that fails tells its exit code, or the signal that somebody sent it', async () => {
    expect(await runTool(shell('echo no >&2; exit 3'))).toMatchObject({ kind: 'failed', code: 3, stderr: 'no\n' });
    expect(await runTool(shell('kill -9 $$'))).toMatchObject({ kind: 'failed', code: null, signal: 'SIGKILL' });
  });

  it('that does not exist, or whose directory does not, is a value and no exception', async () => {
    const missing = await runTool({ ...shell(''), argv: ['/no/such/program'] });
    expect(missing).toMatchObject({ kind: 'not-found', message: expect.stringContaining('/no/such/program') });
    expect(await runTool(shell('', { directory: '/no/such/directory' }))).toMatchObject({ kind: 'not-found' });
    expect(await runTool(shell(`: ${'x'.repeat(5_000_000)}`))).toMatchObject({ kind: 'not-found' });
    expect(await runTool(shell(': \0'))).toMatchObject({ kind: 'not-found' });
  });

  it('reads end-of-file and no terminal instead of waiting for an answer', async () => {
    const result = await runTool(shell('read answer || echo none; (: < /dev/tty) 2>/dev/null || echo no terminal'));
    expect(result.kind === 'ok' && result.stdout.toString()).toBe('none\nno terminal\n');
  });

  it('that writes without end keeps only the end of it in memory', async () => {
    const result = await runTool(shell('head -c 20000000 /dev/zero; printf end'));
    if (result.kind !== 'ok') throw new Error(result.kind);
    expect(result.stdout.length).toBe(OUTPUT_LIMIT);
    expect(result.stdout.toString('latin1', OUTPUT_LIMIT - 3)).toBe('end');
  });

  it('that exceeds its time limit is ended with everything it started, by KILL if it ignores TERM', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const script = `(trap '' TERM; echo $(exec sh -c 'echo $PPID') > ${file}; while :; do sleep 1; done) & wait`;
    const result = await runTool(shell(script, { timeoutMs: 500, graceMs: 300 }));
    expect(result).toMatchObject({ kind: 'timed-out', afterMs: 500 });
    expect(runs(await pidIn(file))).toBe(false);
  });

  it('is ended when its signal aborts, and not even started when it had aborted before', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const controller = new AbortController();
    const running = runTool(shell(`echo $$ > ${file}; exec sleep 1000`, { signal: controller.signal }));
    const pid = await pidIn(file);
    controller.abort();
    expect(await running).toMatchObject({ kind: 'aborted', started: true });
    expect(runs(pid)).toBe(false);
    expect(await runTool(shell('exit 0', { signal: controller.signal }))).toMatchObject({ started: false });
  });

  it('that leaves a process with its pipes behind in a session of its own does not hold us up', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const before = performance.now();
    const result = await runTool(shell(`setsid sh -c 'echo $$ > ${file}; exec sleep 60' & echo done`));
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(result.kind === 'ok' && result.stdout.toString()).toBe('done\n');
    process.kill(await pidIn(file));
  });

  it('that is killed has not ended before its children, and the log names them', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const log: string[] = [];
    const script = `(cd /tmp; exec sleep 60) & echo $! > ${file}; kill -9 $$`;
    const result = await runTool(shell(script, { log: (line) => log.push(line) }));
    expect(result).toMatchObject({ kind: 'failed', signal: 'SIGKILL' });
    const pid = await pidIn(file);
    expect(runs(pid)).toBe(false);
    expect(log).toContain(`left behind and ended: process ${pid}: sleep 60`);
  });

  it('ends with the job of a hook that works in the directory, and leaves a daemon that does not', async () => {
    const directory = temporaryDirectory();
    const script = `sleep 60 & echo $! > job; (cd /; exec sleep 60) & echo $! > daemon`;
    expect(await runTool(shell(script, { directory }))).toMatchObject({ kind: 'ok' });
    expect(runs(await pidIn(join(directory, 'job')))).toBe(false);
    const daemon = await pidIn(join(directory, 'daemon'));
    expect(runs(daemon)).toBe(true);
    process.kill(daemon);
  });

  it("leaves the daemon of git's credential cache to the next call", async () => {
    const { clone } = originAndClone();
    const home = temporaryDirectory();
    const git = (verb: string, input: string) =>
      runTool({
        argv: ['git', '-c', 'credential.helper=cache', 'credential', verb],
        directory: clone.directory,
        environment: { ...environment, HOME: home, XDG_CACHE_HOME: home },
        timeoutMs: 30_000,
        input: Buffer.from(input),
      });
    const host = 'protocol=https\nhost=example.org\n';
    await git('approve', `${host}username=me\npassword=secret\n\n`);
    const filled = await git('fill', `${host}\n`);
    expect(filled.kind === 'ok' && filled.stdout.toString()).toContain('password=secret');
    await runTool({
      ...shell(`git credential-cache exit`),
      environment: { ...environment, HOME: home, XDG_CACHE_HOME: home },
    });
  });
});
