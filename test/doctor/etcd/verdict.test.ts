import { describe, expect, test } from 'vitest';
import type { Coordination } from '../../../src/config/project.js';
import type { EtcdFinding, Expiry } from '../../../src/doctor/etcd/finding.js';
import { judgeEtcd } from '../../../src/doctor/etcd/judgement.js';
import { etcdVerdict } from '../../../src/doctor/etcd/verdict.js';
import type { MemberStatus } from '../../../src/etcd/member-status.js';

const COORDINATION: Coordination = {
  endpoints: ['https://a:2379', 'https://b:2379', 'https://c:2379'],
  prefix: '/stagelock/E',
  caFile: undefined,
  certFile: '/c',
  keyFile: '/k',
  login: { user: 'me', password: { kind: 'variable', name: 'P' } },
  leaseMs: 30_000,
  requestTimeoutMs: 5000,
  host: 'h',
  whenAway: 'stop',
};

const answering: Extract<MemberStatus, { kind: 'answers' }> = {
  kind: 'answers',
  endpoint: 'https://a:2379',
  answerMs: 1.2,
  cluster: '7',
  member: '1',
  leader: '1',
  version: '3.5.16',
  databaseBytes: 20_000,
  usedBytes: 10_000,
  revision: '5',
  raftIndex: '5',
  raftTerm: '2',
  learner: false,
  alarms: [],
  errors: [],
};
type Answering = typeof answering;
const member = (more: Partial<Answering> = {}): EtcdFinding => ({ check: 'member', result: { ...answering, ...more } });
const silent = (endpoint: string): EtcdFinding => ({
  check: 'member',
  result: { kind: 'silent', endpoint, why: `etcd: ${endpoint}: connect ECONNREFUSED` },
});
const MEMBERS = COORDINATION.endpoints.map((endpoint, index) => member({ endpoint, member: String(index + 1) }));

const RIGHTS = (['put', 'get', 'list', 'watch', 'delete'] as const).map(
  (check): EtcdFinding => ({ check, result: { kind: 'done' } }),
);
const expiry = (more: Partial<Expiry> = {}): EtcdFinding => ({
  check: 'expiry',
  result: { kind: 'done', askedS: 3, grantedS: 3, goneMs: 3400, renewedLasts: true, ...more },
});
const changes = (medianMs: number): EtcdFinding => ({
  check: 'changes',
  result: { kind: 'done', calls: 20, medianMs, longestMs: 2 * medianMs },
});

const verdict = (findings: readonly EtcdFinding[], size = 3, coordination = COORDINATION) =>
  etcdVerdict(coordination, findings, { size });

const ENDS =
  'When a host goes silent, its locks end after 30 s, and a change of leaders gives them that time once more.';

describe('hosts can coordinate', () => {
  test('by three members that do what they should', () => {
    expect(verdict([...MEMBERS, ...RIGHTS, changes(4.4), expiry()])).toEqual({
      works: true,
      conclusion: 'Hosts can coordinate by this etcd: 3 of 3 members answer, a change takes 4 ms.',
      remarks: [ENDS],
    });
  });

  test('while one of three is away, but not much longer', () => {
    const found = verdict([...MEMBERS.slice(0, 2), silent('https://c:2379'), ...RIGHTS]);
    expect(found).toMatchObject({ works: true, conclusion: expect.stringContaining('2 of 3 members answer') });
    expect(found.remarks).toEqual(['1 member of 3 is away: if one more goes, no host can coordinate.']);
  });

  test('by one member of three that is named, with advice', () => {
    const { works, remarks } = verdict([member(), ...RIGHTS]);
    expect({ works, remarks }).toEqual({
      works: true,
      remarks: ['The cluster has 3 members, and `etcd` names 1: name all of them, so that any can be away.'],
    });
  });

  test('by few members, slow disks, in the clear, with advice', () => {
    const clear = { ...COORDINATION, endpoints: ['http://a:2379'], login: undefined, certFile: undefined };
    const large = member({ databaseBytes: 1.9e9, version: '3.5.1' });
    expect(verdict([large, ...RIGHTS, changes(250)], 1, clear)).toMatchObject({
      works: true,
      remarks: [
        expect.stringMatching(/^There is one member/),
        expect.stringMatching(/^etcd 3\.5\.0 to 3\.5\.2 can lose changes/),
        expect.stringMatching(/^Changes are slow/),
        expect.stringMatching(/^The database has 1900 MB/),
        expect.stringMatching(/^etcd asks for no user/),
        expect.stringMatching(/^The connection is not encrypted/),
      ],
    });
  });
});

describe('hosts cannot coordinate', () => {
  test.each<[string, readonly EtcdFinding[]]>([
    ['no member answers', COORDINATION.endpoints.map(silent)],
    ['the members are not of one cluster', [member(), member({ cluster: '8' })]],
    ['coordination needs etcd 3.4 or later', [member({ version: '3.3.27' })]],
    ['alarm NOSPACE', [member({ alarms: ['NOSPACE'] })]],
    ['lease: no lease', [member(), { check: 'lease', result: { kind: 'failed', reason: 'space', why: 'no lease' } }]],
    ['watch: denied', [member(), { check: 'watch', result: { kind: 'failed', reason: 'permission', why: 'denied' } }]],
    [
      'exclusive create: 20 clients wanted one key at once, and 2 got it',
      [member(), { check: 'exclusive create', result: { kind: 'done', clients: 20, made: 2 } }],
    ],
    ['ends after 2.5 s, before its time', [member(), expiry({ goneMs: 2500 })]],
    ['expiry: a lease of 3 s that is not renewed does not expire', [member(), expiry({ goneMs: null })]],
    ['ends although it is renewed', [member(), expiry({ renewedLasts: false })]],
    [
      'can still change what it had',
      [member(), { check: 'after expiry', result: { kind: 'done', renews: false, changes: true } }],
    ],
    [
      'comes back when it is renewed',
      [member(), { check: 'after expiry', result: { kind: 'done', renews: true, changes: false } }],
    ],
  ])('%s', (why, findings) => {
    const { works, conclusion } = verdict(findings);
    expect(conclusion).toMatch(/^Hosts cannot coordinate by this etcd: .*\.$/);
    expect(conclusion).toContain(why);
    expect(works).toBe(false);
  });

  test('without rights, which are named, with the command that grants them', () => {
    const denied = { kind: 'failed', reason: 'permission', why: 'permission denied' } as const;
    const { remarks } = verdict([
      ...MEMBERS,
      { check: 'put', result: denied },
      ...RIGHTS.slice(1, 4),
      { check: 'delete', result: denied },
    ]);
    expect(remarks).toEqual([
      'The user me may not put, delete below /stagelock/E/. As root of etcd: etcdctl role grant-permission ROLE readwrite /stagelock/E/ --prefix',
    ]);
  });
});

test('a lease that ends late is a problem, and prevents nothing', () => {
  expect(judgeEtcd(expiry({ goneMs: 12_000 }))).toMatchObject({ outcome: 'problem', prevents: false });
  expect(judgeEtcd(expiry({ goneMs: 2950 }))).toMatchObject({ outcome: 'ok' });
});

test('a cluster whose leases are longer than wanted says so', () => {
  const { remarks } = verdict([...MEMBERS, expiry({ grantedS: 45, goneMs: 45_300 })]);
  expect(remarks).toEqual([
    ENDS.replace('30 s', '45 s'),
    'etcd makes no leases shorter than 45 s, so a shorter `lease` lasts that long.',
  ]);
});

test('the line of a silent member has its name once', () => {
  expect(judgeEtcd(silent('https://c:2379')).text).toBe('connect ECONNREFUSED');
});
