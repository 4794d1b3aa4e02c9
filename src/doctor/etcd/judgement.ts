import type { MemberStatus } from '../../etcd/member-status.js';
import { formatDuration } from '../../text/duration.js';
import type { Afterwards, EtcdFinding, Expiry, KeyRace, Pace, Right } from './finding.js';

/** What a finding means. */
export interface EtcdJudgement {
  readonly outcome: 'ok' | 'problem';
  /** For a line of the table; begins in lower case, no full stop. */
  readonly text: string;
  /** Whether hosts cannot coordinate with it. Of a member that is silent, only the number of them decides. */
  readonly prevents: boolean;
}

/** A key that goes so long after its time keeps the others waiting, no more; a new leader gives all leases their full time again. */
const LATE_MS = 5000;
/** The clocks of hosts do not run equally fast, and this one looks from time to time only. */
const EARLY_MS = 100;

/** Decides what a finding means by itself. */
export function judgeEtcd(finding: EtcdFinding): EtcdJudgement {
  if (finding.check === 'member') return judgeMember(finding.result);
  if (finding.result.kind === 'failed') return problem(finding.result.why);
  switch (finding.check) {
    case 'lease':
      return fine('granted');
    case 'put':
    case 'get':
    case 'list':
    case 'watch':
    case 'delete':
      return fine(ALLOWED[finding.check]);
    case 'exclusive create':
      return judgeRace(finding.result);
    case 'reads':
    case 'changes':
      return judgePace(finding.result);
    case 'expiry':
      return judgeExpiry(finding.result);
    case 'after expiry':
      return judgeAfterwards(finding.result);
  }
}

const ALLOWED: Readonly<Record<Right, string>> = {
  put: 'a key was made',
  get: 'the key was read',
  list: 'the keys were listed',
  watch: 'a change was seen as it happened',
  delete: 'the key was removed',
};

function fine(text: string): EtcdJudgement {
  return { outcome: 'ok', text, prevents: false };
}

function problem(text: string): EtcdJudgement {
  return { outcome: 'problem', text, prevents: true };
}

function judgeMember(member: MemberStatus): EtcdJudgement {
  if (member.kind === 'silent') {
    // The line has the name already.
    const text = member.why.replace(`etcd: ${member.endpoint}: `, '');
    return { outcome: 'problem', text, prevents: false };
  }
  const { version, answerMs, databaseBytes, usedBytes, leader, member: own, learner, alarms = [], errors } = member;
  const role = learner ? ', a learner' : leader === own ? ', the leader' : leader === '0' ? ', without a leader' : '';
  const size = `${megabytes(databaseBytes)} of data, ${megabytes(usedBytes)} of them in use`;
  const text = `etcd ${version}${role}, answers in ${formatDuration(Math.max(1, answerMs))}, ${size}`;
  if (alarms.length > 0) return problem(`${text}; alarm ${alarms.join(' and ')}`);
  if (isTooOld(version)) return problem(`${text}; coordination needs etcd 3.4 or later`);
  if (leader === '0' || errors.length > 0) {
    const why = errors.length > 0 ? `; ${errors.join('; ')}` : '';
    return { outcome: 'problem', text: `${text}${why}`, prevents: false };
  }
  return fine(text);
}

/** The paths of the gateway that we use are those of 3.4. */
function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 3 || (major === 3 && minor < 4);
}

function judgeRace({ clients, made }: KeyRace): EtcdJudgement {
  if (made === 1) return fine(`${clients} clients wanted one key at once, exactly one got it`);
  return problem(`${clients} clients wanted one key at once, and ${made} got it`);
}

function judgePace({ calls, medianMs, longestMs }: Pace): EtcdJudgement {
  const [median, longest] = [medianMs, longestMs].map((ms) => formatDuration(Math.max(1, ms)));
  return fine(`${calls} one after the other, ${median} each (median), ${longest} at most`);
}

function judgeExpiry({ grantedS, goneMs, renewedLasts }: Expiry): EtcdJudgement {
  const lease = `a lease of ${grantedS} s that is not renewed`;
  if (goneMs === null) return problem(`${lease} does not expire`);
  const gone = `ends after ${formatDuration(goneMs)}`;
  if (goneMs < grantedS * 1000 - EARLY_MS) return problem(`${lease} ${gone}, before its time`);
  if (!renewedLasts) return problem(`a lease of ${grantedS} s ends although it is renewed`);
  if (goneMs > grantedS * 1000 + LATE_MS) {
    return { outcome: 'problem', text: `${lease} ${gone}, late`, prevents: false };
  }
  return fine(`${lease} ${gone}; one that is renewed stays`);
}

function judgeAfterwards({ renews, changes }: Afterwards): EtcdJudgement {
  if (changes) return problem('a run whose lease has expired can still change what it had');
  if (renews) return problem('a lease that has expired comes back when it is renewed');
  return fine('a run whose lease has expired learns it, and can change nothing any more');
}

export function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${Math.round(bytes / 1e6)} MB`;
}
