import { describe, expect, test } from 'vitest';
import { catchingUp } from '../../src/coordination/catching-up.js';

const at = (sequence: number, revision = `r${sequence}`) => ({ sequence, revision });

describe('what a build does about the journals of its host and of etcd', () => {
  test.each([
    ['primary', undefined, undefined, { kind: 'same' }],
    ['follower', undefined, undefined, { kind: 'nothing-recorded' }],
    ['primary', at(3), undefined, { kind: 'publish' }],
    ['follower', at(3), undefined, { kind: 'contradiction', why: expect.stringContaining('record 3') }],
    ['primary', undefined, at(3), { kind: 'begin', sequence: 3 }],
    ['follower', undefined, at(3), { kind: 'begin', sequence: 3 }],
    ['primary', at(1), at(3), { kind: 'copy', after: 1 }],
    ['follower', at(2), at(3), { kind: 'copy', after: 2 }],
    ['primary', at(3), at(3), { kind: 'same' }],
    ['primary', at(3, 'x'), at(3), { kind: 'contradiction', why: 'record 3 is r3 in etcd and x on this host' }],
    ['primary', at(4), at(3), { kind: 'contradiction', why: expect.stringContaining('etcd ends at record 3') }],
    ['follower', at(4), at(3), { kind: 'contradiction', why: expect.stringContaining('etcd ends at record 3') }],
  ] as const)('%s, here %o, there %o', (role, here, there, course) => {
    expect(catchingUp(role, here, there)).toEqual(course);
  });
});
