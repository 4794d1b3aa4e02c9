import type { Coordination } from '../../config/project.js';
import type { MemberStatus } from '../../etcd/member-status.js';
import { isLoopback } from '../../secrets/in-the-clear.js';
import { counted } from '../../text/counted.js';
import { formatDuration } from '../../text/duration.js';
import type { ClusterFacts, EtcdFinding, Pace, Right } from './finding.js';
import { judgeEtcd, megabytes } from './judgement.js';

export interface EtcdVerdict {
  /** Whether hosts can coordinate by it. */
  readonly works: boolean;
  /** One sentence. */
  readonly conclusion: string;
  /** What else a person should know, and what to do. */
  readonly remarks: readonly string[];
}

type Answering = Extract<MemberStatus, { readonly kind: 'answers' }>;

/** A step of a run is a few changes; slower than this, people notice it. */
const SLOW_MS = 100;
/** Eight tenths of what etcd takes unless it is told otherwise. */
const LARGE_BYTES = 0.8 * 2 * 2 ** 30;

/** Decides what etcd is worth from all that was found. */
export function etcdVerdict(
  coordination: Coordination,
  findings: readonly EtcdFinding[],
  facts: ClusterFacts,
): EtcdVerdict {
  const members = findings.flatMap((finding) => (finding.check === 'member' ? [finding.result] : []));
  const answering = members.filter((member) => member.kind === 'answers');
  const remarks = [
    ...rightsRemarks(coordination, findings),
    ...alarmRemarks(answering),
    ...memberRemarks(members, answering, facts),
    ...paceRemarks(findings),
    ...leaseRemarks(coordination, findings),
    ...spaceRemarks(answering),
    ...securityRemarks(coordination, answering),
  ];
  const no = (why: string): EtcdVerdict => ({
    works: false,
    conclusion: `Hosts cannot coordinate by this etcd: ${why}.`,
    remarks,
  });
  if (answering.length === 0) return no('no member answers');
  if (new Set(answering.map(({ cluster }) => cluster)).size > 1) {
    return no('the members are not of one cluster, so each host may ask another one');
  }
  const preventing = findings.find((finding) => judgeEtcd(finding).prevents);
  if (preventing !== undefined) return no(`${nameOf(preventing)}: ${judgeEtcd(preventing).text}`);
  const ms = paceOfChanges(findings)?.medianMs;
  const pace = ms === undefined ? '' : `, a change takes ${formatDuration(Math.max(1, ms))}`;
  const number = `${answering.length} of ${counted(members.length, 'member')} ${answering.length === 1 ? 'answers' : 'answer'}`;
  return { works: true, conclusion: `Hosts can coordinate by this etcd: ${number}${pace}.`, remarks };
}

/** What a line of the table begins with. */
export function nameOf(finding: EtcdFinding): string {
  return finding.check === 'member' ? finding.result.endpoint : finding.check;
}

const RIGHTS: ReadonlySet<string> = new Set(['put', 'get', 'list', 'watch', 'delete'] satisfies Right[]);

function rightsRemarks({ prefix, login }: Coordination, findings: readonly EtcdFinding[]): string[] {
  const missing = findings.filter(({ check, result }) => {
    return RIGHTS.has(check) && result.kind === 'failed' && result.reason === 'permission';
  });
  if (missing.length === 0) return [];
  const user = login === undefined ? 'The user' : `The user ${login.user}`;
  const rights = missing.map(({ check }) => check).join(', ');
  return [
    `${user} may not ${rights} below ${prefix}/. As root of etcd: etcdctl role grant-permission ROLE readwrite ${prefix}/ --prefix`,
  ];
}

function alarmRemarks(members: readonly Answering[]): string[] {
  const alarms = new Set(members.flatMap(({ alarms = [] }) => alarms));
  return [
    ...(alarms.has('NOSPACE')
      ? [
          'The database of etcd is full, so it takes no changes: compact it, defragment each member (etcdctl compact, etcdctl defrag), then etcdctl alarm disarm.',
        ]
      : []),
    ...(alarms.has('CORRUPT')
      ? ['Members of etcd have different data. Restore the cluster before builds use it.']
      : []),
  ];
}

function memberRemarks(
  members: readonly MemberStatus[],
  answering: readonly Answering[],
  { size }: ClusterFacts,
): string[] {
  const total = size ?? members.length;
  const silent = members.length - answering.length;
  const versions = [...new Set(answering.map(({ version }) => version))];
  return [
    ...(total === 1
      ? ['There is one member: while it is away, no host can coordinate. Three members stand the loss of one.']
      : []),
    ...(total === 2 ? ['There are two members, and both are needed. Three members stand the loss of one.'] : []),
    ...sizeRemarks(members.length, size),
    ...(silent > 0 && answering.length > 0 && total >= members.length ? [awayRemark(silent, total)] : []),
    ...(versions.length > 1 ? [`The members have different versions: ${versions.join(', ')}.`] : []),
    ...(versions.some((version) => /^3\.5\.[0-2]$/.test(version))
      ? ['etcd 3.5.0 to 3.5.2 can lose changes when a member is killed; update it.']
      : []),
  ];
}

function sizeRemarks(named: number, size: number | undefined): string[] {
  if (size === undefined || size === named) return [];
  const has = `The cluster has ${counted(size, 'member')}, and \`etcd\` names ${named}`;
  return [size > named ? `${has}: name all of them, so that any can be away.` : `${has}: name only those.`];
}

/** A cluster goes on as long as more than half of it is there. */
function awayRemark(silent: number, total: number): string {
  const away = `${counted(silent, 'member')} of ${total} ${silent === 1 ? 'is' : 'are'} away`;
  return silent >= Math.floor((total - 1) / 2) ? `${away}: if one more goes, no host can coordinate.` : `${away}.`;
}

function paceOfChanges(findings: readonly EtcdFinding[]): Pace | undefined {
  return findings.flatMap(({ check, result }) => (check === 'changes' && result.kind === 'done' ? [result] : []))[0];
}

function paceRemarks(findings: readonly EtcdFinding[]): string[] {
  if ((paceOfChanges(findings)?.medianMs ?? 0) < SLOW_MS) return [];
  return [
    'Changes are slow: each waits until most members have written it to their disks. etcd wants disks that sync fast.',
  ];
}

function leaseRemarks({ leaseMs }: Coordination, findings: readonly EtcdFinding[]): string[] {
  return findings.flatMap((finding) => {
    if (finding.check !== 'expiry' || finding.result.kind !== 'done') return [];
    const { askedS, grantedS } = finding.result;
    const after = `When a host goes silent, its locks end after ${formatDuration(Math.max(leaseMs, grantedS * 1000))}, and a change of leaders gives them that time once more.`;
    const longer = `etcd makes no leases shorter than ${grantedS} s, so a shorter \`lease\` lasts that long.`;
    return grantedS * 1000 > leaseMs && grantedS > askedS ? [after, longer] : [after];
  });
}

function spaceRemarks(members: readonly Answering[]): string[] {
  const largest = Math.max(0, ...members.map(({ databaseBytes }) => databaseBytes));
  if (largest < LARGE_BYTES) return [];
  return [
    `The database has ${megabytes(largest)}: at its limit (2 GB, unless --quota-backend-bytes says otherwise) etcd takes no more changes. Let it compact by itself (--auto-compaction-retention), and defragment it.`,
  ];
}

function securityRemarks({ endpoints, login, certFile }: Coordination, members: readonly Answering[]): string[] {
  if (members.length === 0) return [];
  return [
    ...(login === undefined && certFile === undefined
      ? ['etcd asks for no user and no certificate: anyone who reaches it can remove locks.']
      : []),
    ...(endpoints.map((endpoint) => new URL(endpoint)).some(isInTheClear)
      ? ['The connection is not encrypted: on the way, others can read and change what hosts agree on.']
      : []),
  ];
}

function isInTheClear({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !isLoopback(hostname);
}
