import type { Build, Coordination } from '../config/project.js';
import { Keys } from '../coordination/keys.js';
import { type AwayFromEtcd, lookInEtcd } from '../coordination/look.js';
import { SharedPast } from '../coordination/shared-past.js';
import { EtcdError } from '../etcd/error.js';
import { Etcd } from '../etcd/etcd.js';
import type { Failure } from '../failures/failure.js';
import { pause } from '../host/pause.js';
import {
  type EndOfRun,
  type Excerpt,
  endOfRun,
  endText,
  excerptOf,
  excerptText,
  parseEnd,
  parseExcerpt,
} from './end-of-run.js';
import type { PastRun } from './history.js';

/**
 * Says in etcd how a run has ended. No reason for the run to fail, nor to say anything: while etcd is away, those on other hosts see
 * what they have seen before. It waits no longer than for one request.
 *
 * @param stop ends it at once
 */
export async function shareEnd(
  coordination: Coordination,
  build: Build,
  { past, failures }: { readonly past: PastRun; readonly failures: readonly Failure[] },
  stop: AbortSignal,
): Promise<void> {
  const etcd = new Etcd(coordination);
  const work = add(new SharedPast(etcd, new Keys(coordination.prefix)), coordination, build, past, failures);
  const over = new AbortController();
  const limit = pause(coordination.requestTimeoutMs, AbortSignal.any([stop, over.signal]));
  await Promise.race([work, limit]);
  over.abort();
  await etcd.close();
  await work;
}

async function add(
  shared: SharedPast,
  { host }: Coordination,
  build: Build,
  past: PastRun,
  failures: readonly Failure[],
): Promise<void> {
  try {
    const excerpt = past.result === 'done' ? undefined : excerptOf(build, past, failures);
    await shared.add(build.name, past.run, {
      end: endText(endOfRun(build, past, host)),
      excerpt: excerpt && excerptText(excerpt),
    });
  } catch (error) {
    // A log that cannot be read, etcd away, full or closed by the limit.
    if (!(error instanceof EtcdError) && !(error instanceof Error && 'code' in error)) throw error;
  }
}

/** The ends of runs as etcd has them. */
export type PastInEtcd = { readonly kind: 'seen'; readonly ends: readonly EndOfRun[] } | AwayFromEtcd;

/** The newest ends of the runs of a build, oldest first; what cannot be read is left out. */
export function pastInEtcd(coordination: Coordination, build: string): Promise<PastInEtcd> {
  return lookInEtcd(coordination, async (etcd, keys): Promise<PastInEtcd> => {
    const texts = await new SharedPast(etcd, keys).of(build);
    const ends = texts.flatMap((text) => parseEnd(text) ?? []).filter((end) => end.build === build);
    return { kind: 'seen', ends: ends.reverse() };
  });
}

/** The newest end of each build, whatever its host. @throws EtcdError */
export async function latestEnds(etcd: Etcd, keys: Keys): Promise<EndOfRun[]> {
  const latest = await new SharedPast(etcd, keys).latest();
  return [...latest].flatMap(([build, text]) => {
    const end = parseEnd(text);
    return end?.build === build ? [end] : [];
  });
}

/** What failed in a run; `excerpt` is undefined where nothing did, or it is not kept any more. */
export function excerptInEtcd(
  coordination: Coordination,
  { build, past: { run } }: EndOfRun,
): Promise<{ readonly kind: 'seen'; readonly excerpt: Excerpt | undefined } | AwayFromEtcd> {
  return lookInEtcd(coordination, async (etcd, keys) => {
    const text = /^[\w.-]{1,64}$/.test(run) ? await new SharedPast(etcd, keys).excerpt(build, run) : undefined;
    return { kind: 'seen' as const, excerpt: text === undefined ? undefined : parseExcerpt(text) };
  });
}
