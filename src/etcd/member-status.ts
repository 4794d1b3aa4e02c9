import { printable } from '../http/printable.js';
import { errorText } from '../text/error-text.js';
import { ALARMS, CLUSTER, STATUS } from './answers.js';
import type { Calls } from './calls.js';

/** What a member says of itself. */
export type MemberStatus =
  | { readonly kind: 'silent'; readonly endpoint: string; readonly why: string }
  | {
      readonly kind: 'answers';
      readonly endpoint: string;
      /** How long the answer took, in milliseconds. */
      readonly answerMs: number;
      /** Of which cluster it is. */
      readonly cluster: string;
      /** Its number, and that of the leader, `0` without one. */
      readonly member: string;
      readonly leader: string;
      readonly version: string;
      /** Bytes of its database, as the file has them, and without what it could give back. */
      readonly databaseBytes: number;
      readonly usedBytes: number;
      readonly revision: string;
      readonly raftIndex: string;
      readonly raftTerm: string;
      /** One that does not take part in decisions. */
      readonly learner: boolean;
      /** `NOSPACE`, `CORRUPT`; undefined when no member says. */
      readonly alarms: readonly string[] | undefined;
      readonly errors: readonly string[];
    };

/** Of each member, in the order of the configuration. Never throws because of a member. */
export async function statusOfMembers(calls: Calls, endpoints: readonly string[]): Promise<MemberStatus[]> {
  const alarms = await alarmsOf(calls);
  return Promise.all(endpoints.map((endpoint) => statusOf(calls, endpoint, alarms)));
}

async function statusOf(
  calls: Calls,
  endpoint: string,
  alarms: ReadonlyMap<string, readonly string[]> | undefined,
): Promise<MemberStatus> {
  try {
    const call = { path: '/v3/maintenance/status', body: {}, answer: STATUS, repeatable: true };
    const began = performance.now();
    const status = await calls.callOf(endpoint, call);
    const member = status.header.member_id;
    return {
      kind: 'answers',
      endpoint,
      answerMs: performance.now() - began,
      cluster: status.header.cluster_id,
      member,
      leader: status.leader ?? '0',
      version: printable(status.version),
      databaseBytes: Number(status.dbSize ?? 0),
      usedBytes: Number(status.dbSizeInUse ?? 0),
      revision: status.header.revision ?? '0',
      raftIndex: status.raftIndex ?? '0',
      raftTerm: status.raftTerm ?? '0',
      learner: status.isLearner ?? false,
      alarms: alarms === undefined ? undefined : (alarms.get(member) ?? []),
      errors: (status.errors ?? []).map(printable),
    };
  } catch (error) {
    return { kind: 'silent', endpoint, why: errorText(error) };
  }
}

/** How many members the cluster has, whichever of them the configuration names; undefined when none says. */
export async function sizeOfCluster(calls: Calls): Promise<number | undefined> {
  try {
    const call = { path: '/v3/cluster/member/list', body: {}, answer: CLUSTER, repeatable: true };
    return (await calls.call(call)).members.length;
  } catch {
    return undefined;
  }
}

const NAMES = ['NONE', 'NOSPACE', 'CORRUPT'];

/** The alarms by member; undefined when no member says. */
async function alarmsOf(calls: Calls): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  try {
    const call = { path: '/v3/maintenance/alarm', body: { action: 'GET' }, answer: ALARMS, repeatable: true };
    const { alarms = [] } = await calls.call(call);
    const byMember = new Map<string, string[]>();
    for (const { memberID = '0', alarm = 0 } of alarms) {
      const name = printable(typeof alarm === 'number' ? (NAMES[alarm] ?? String(alarm)) : alarm);
      byMember.set(memberID, [...(byMember.get(memberID) ?? []), name]);
    }
    return byMember;
  } catch {
    return undefined;
  }
}
