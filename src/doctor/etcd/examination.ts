import type { Etcd } from '../../etcd/etcd.js';
import { errorText } from '../../text/error-text.js';
import {
  actAfterwards,
  attempt,
  type Expired,
  letExpire,
  paceOfChanges,
  paceOfReads,
  raceForKey,
  tryRight,
} from './checks.js';
import type { ClusterFacts, EtcdFinding, Right } from './finding.js';
import { EtcdWorkplace } from './workplace.js';

/** What an examination came to. */
export type EtcdExamination =
  | { readonly kind: 'examined'; readonly findings: readonly EtcdFinding[]; readonly facts: ClusterFacts }
  | { readonly kind: 'interrupted' };

export interface EtcdExaminationOptions {
  readonly etcd: Etcd;
  /** What the keys of the project begin with. */
  readonly prefix: string;
  /** Of one request, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Ends it early; everything is still removed. */
  readonly stop: AbortSignal;
  /** Called with each finding as soon as it is made. */
  readonly onFinding: (finding: EtcdFinding) => void;
  /** Called with the prefix of keys that could not be removed. */
  readonly onLeftover: (prefix: string, why: string) => void;
}

const RIGHTS: readonly Right[] = ['put', 'get', 'list', 'watch', 'delete'];

/** Tests what etcd is worth for coordination. Every key that it makes is below a prefix of its own, and is removed at the end. */
export async function examineEtcd(options: EtcdExaminationOptions): Promise<EtcdExamination> {
  const { etcd, prefix, stop, onLeftover } = options;
  const findings: EtcdFinding[] = [];
  const found = (finding: EtcdFinding): void => {
    // What was interrupted in the middle says nothing of etcd.
    if (stop.aborted) return;
    findings.push(finding);
    options.onFinding(finding);
  };
  for (const result of await etcd.status()) found({ check: 'member', result });
  const facts = { size: await etcd.size() };
  const answered = findings.some(({ result }) => result.kind === 'answers');
  if (answered && !stop.aborted) {
    const opened = await attempt(async () => ({ place: await EtcdWorkplace.open(etcd, prefix) }));
    found({ check: 'lease', result: opened });
    if (opened.kind === 'done') {
      try {
        await examineAt(opened.place, options, found);
      } finally {
        await opened.place.clear().catch((error: unknown) => onLeftover(opened.place.prefix, errorText(error)));
      }
    }
  }
  return stop.aborted ? { kind: 'interrupted' } : { kind: 'examined', findings, facts };
}

async function examineAt(
  place: EtcdWorkplace,
  { requestTimeoutMs, stop }: EtcdExaminationOptions,
  found: (finding: EtcdFinding) => void,
): Promise<void> {
  let denied = false;
  for (const right of RIGHTS) {
    if (stop.aborted) return;
    const result = await attempt(() => tryRight(right, place, requestTimeoutMs, stop));
    denied ||= result.kind === 'failed';
    found({ check: right, result });
  }
  // Each of the following tests needs all of them, and would only say the same again.
  if (denied || stop.aborted) return;
  found({ check: 'exclusive create', result: await attempt(() => raceForKey(place)) });
  found({ check: 'reads', result: await attempt(() => paceOfReads(place, stop)) });
  found({ check: 'changes', result: await attempt(() => paceOfChanges(place, stop)) });
  if (stop.aborted) return;
  const expiry = await attempt(() => letExpire(place, stop));
  if (expiry.kind === 'failed') return found({ check: 'expiry', result: expiry });
  const { expired, ...result } = expiry;
  found({ check: 'expiry', result });
  if (result.goneMs !== null && !stop.aborted) await examineAfterwards(place, expired, found);
}

async function examineAfterwards(
  place: EtcdWorkplace,
  expired: Expired,
  found: (finding: EtcdFinding) => void,
): Promise<void> {
  found({ check: 'after expiry', result: await attempt(() => actAfterwards(place, expired)) });
}
