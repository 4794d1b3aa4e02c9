import { execFileSync, spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isHostName, parseRemote, remoteScript } from '../../src/cleanup/remote-host.js';
import { thisHost } from '../../src/host/host.js';
import { because, canBeOtherUser, deadPid, OTHER_USER } from '../locks/processes.js';
import { noOtherUser } from '../support/other-user.js';

const inFirstNamespace = thisHost().name === hostname();

test('host names are names and nothing else', () => {
  for (const name of ['build01', 'a', 'build-01.example.com', 'BUILD_01', '10.0.0.1'])
    expect(isHostName(name)).toBe(true);
  for (const name of ['', '-a', 'a-', '.a', 'a.', 'a b', 'a;b', 'u@a', 'a%h', "a'b", 'a\n', 'a/b', 'x'.repeat(254)]) {
    expect(isHostName(name)).toBe(false);
  }
});

describe.skipIf(!inFirstNamespace)(`the script${because(inFirstNamespace, 'in a PID namespace')}`, () => {
  const run = (pids: number[], through: readonly string[] = []): ReturnType<typeof parseRemote> => {
    const [program = 'sh', ...args] = [...through, 'sh'];
    return parseRemote(hostname(), execFileSync(program, args, { input: remoteScript(pids) }).toString());
  };

  test('tells dead processes from living ones, and how long these have run', () => {
    const child = spawn('sleep', ['60']);
    onTestFinished(() => {
      child.kill();
    });
    const [dead, alive] = [deadPid(), child.pid ?? 0];
    const answer = run([dead, alive, 1]);
    if (answer.kind !== 'answered') throw new Error(answer.why);
    expect(answer.fates.get(dead)).toEqual({ kind: 'absent' });
    expect(answer.fates.get(alive)).toMatchObject({ kind: 'running' });
    expect(answer.fates.get(alive)).toHaveProperty(
      'elapsedS',
      expect.toSatisfy((s) => s === undefined || s < 30),
    );
    expect(answer.fates.get(1)).toMatchObject({ kind: 'running' });
  });

  test.skipIf(!canBeOtherUser)(
    `takes a process of another user for what it is${because(canBeOtherUser, noOtherUser)}`,
    () => {
      expect(run([process.pid], OTHER_USER)).toMatchObject({
        kind: 'answered',
        fates: new Map([[process.pid, { kind: 'running', elapsedS: expect.anything() }]]),
      });
    },
  );
});

describe('an answer', () => {
  const whole = 'host there\nsystem Linux pid:[4026531836]\nprocess 4711 absent \nprocess 4712 running  75\nend\n';

  test('is read, whatever the login printed before', () => {
    const fates = new Map<number, object>([
      [4711, { kind: 'absent' }],
      [4712, { kind: 'running', elapsedS: 75 }],
    ]);
    expect(parseRemote('there', whole)).toEqual({ kind: 'answered', fates });
    expect(parseRemote('there', `Welcome!\n${whole}`)).toEqual({ kind: 'answered', fates });
    expect(parseRemote('there', whole.replace('Linux pid:[4026531836]', 'Darwin '))).toEqual({
      kind: 'answered',
      fates,
    });
  });

  test.each([
    ['of a host that calls itself something else', whole.replace('host there', 'host thereabouts')],
    ['from a container', whole.replace('4026531836', '4026532000')],
    ['of a Linux without /proc', whole.replace(' pid:[4026531836]', ' ')],
    ['that broke off', whole.replace('end\n', '')],
    ['that is empty', ''],
    ['that is something else', 'bash: /bin/sh: Permission denied\n'],
  ])('%s counts for nothing', (_, text) => {
    expect(parseRemote('there', text).kind).toBe('no-answer');
  });
});
