import { EtcdError } from '../../etcd/error.js';
import { pause } from '../../host/pause.js';
import { errorText } from '../../text/error-text.js';
import type { Afterwards, Attempt, Expiry, KeyRace, Pace, Right } from './finding.js';
import type { EtcdWorkplace } from './workplace.js';

const CLIENTS = 20;
const CALLS = 20;
/** As short as etcd makes them with its usual elections, so that the test is short. */
const SHORT_LEASE_S = 3;
/** How often the key of a lease is looked for. */
const LOOK_MS = 100;
/** After its time, how long a key may stay until the test gives up. */
const PATIENCE_MS = 15_000;

/** Runs a test. @returns `failed` for whatever etcd throws */
export async function attempt<T extends object>(test: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: 'done', ...(await test()) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof EtcdError ? error.reason : undefined, why: errorText(error) };
  }
}

/** Tries what a run does with keys. Each right by itself, so that what is missing has its name. */
export async function tryRight(
  right: Right,
  place: EtcdWorkplace,
  limitMs: number,
  stop: AbortSignal,
): Promise<object> {
  const { etcd, prefix } = place;
  switch (right) {
    case 'put':
      await place.put('right');
      return {};
    case 'get':
      await etcd.get(`${prefix}right`);
      return {};
    case 'list':
      await etcd.list(prefix, { keysOnly: true, limit: 1 });
      return {};
    case 'watch':
      return watchOne(place, limitMs, stop);
    case 'delete':
      await etcd.transact({ compare: [], then: [{ remove: `${prefix}right` }] });
      return {};
  }
}

/** Changes a key until a watch shows it, since without a revision a watch begins some moment after it was asked for. */
async function watchOne(place: EtcdWorkplace, limitMs: number, stop: AbortSignal): Promise<object> {
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, stop]);
  let seen = false;
  const { revision } = await place.etcd.list(place.prefix, { limit: 1 });
  const watching = place.etcd.watch(place.prefix, {
    from: String(BigInt(revision) + 1n),
    signal,
    onEvents: () => {
      seen = true;
      ending.abort();
    },
    onReset: () => {},
  });
  const followed = watching.finally(() => ending.abort());
  // It is awaited below; by then it may have failed for a while.
  followed.catch(() => {});
  try {
    await place.put('watched').catch(() => {});
    await pause(limitMs, signal);
  } finally {
    ending.abort();
    // What keeps us from watching is thrown here.
    await followed;
  }
  if (!seen && !stop.aborted) throw new EtcdError('unavailable', `a watch showed no change within ${limitMs / 1000} s`);
  return {};
}

/** Several clients want one key at once. */
export async function raceForKey({ etcd, prefix, lease }: EtcdWorkplace): Promise<KeyRace> {
  const key = `${prefix}race`;
  const tries = Array.from({ length: CLIENTS }, (_, client) =>
    etcd.transact({ compare: [{ key, what: 'absent' }], then: [{ put: key, value: String(client), lease }] }),
  );
  const results = await Promise.all(tries);
  return { clients: CLIENTS, made: results.filter(({ succeeded }) => succeeded).length };
}

export function paceOfReads({ etcd, prefix }: EtcdWorkplace, stop: AbortSignal): Promise<Pace> {
  return paceOf(() => etcd.get(`${prefix}pace`), stop);
}

export function paceOfChanges(place: EtcdWorkplace, stop: AbortSignal): Promise<Pace> {
  return paceOf(() => place.put('pace'), stop);
}

async function paceOf(call: () => Promise<unknown>, stop: AbortSignal): Promise<Pace> {
  const times: number[] = [];
  while (times.length < CALLS && !stop.aborted) {
    const began = performance.now();
    await call();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { calls: times.length, medianMs: times[times.length >> 1] ?? 0, longestMs: times.at(-1) ?? 0 };
}

/** What became of a lease that nothing renews. */
export interface Expired {
  readonly lease: string;
  readonly key: string;
  /** Of the key, while it was there. */
  readonly revision: string;
}

/**
 * Makes two leases with a key each, renews one of them, and looks when the key of the other one is gone. Times are those of a clock
 * that nothing sets, from before the lease was asked for.
 */
export async function letExpire(
  place: EtcdWorkplace,
  stop: AbortSignal,
): Promise<Expiry & { readonly expired: Expired }> {
  const { etcd, prefix } = place;
  const began = performance.now();
  const lease = await place.grant(SHORT_LEASE_S);
  const kept = await place.grant(SHORT_LEASE_S);
  const { revision } = await place.put('expires', lease);
  await place.put('renewed', kept);
  const grantedS = (await etcd.timeToLive(lease))?.grantedS ?? SHORT_LEASE_S;
  const end = began + grantedS * 1000 + PATIENCE_MS;
  let renewed = performance.now();
  let goneMs: number | null = null;
  while (!stop.aborted && goneMs === null && performance.now() < end) {
    await pause(LOOK_MS, stop);
    if (performance.now() - renewed > (grantedS * 1000) / 3) {
      await etcd.renew(kept);
      renewed = performance.now();
    }
    if ((await etcd.get(`${prefix}expires`)) === undefined) goneMs = performance.now() - began;
  }
  const renewedLasts = (await etcd.get(`${prefix}renewed`)) !== undefined;
  const expired = { lease, key: `${prefix}expires`, revision };
  return { askedS: SHORT_LEASE_S, grantedS, goneMs, renewedLasts, expired };
}

/** Does what a run does that was stopped for longer than its lease, and does not know it. */
export async function actAfterwards({ etcd }: EtcdWorkplace, { lease, key, revision }: Expired): Promise<Afterwards> {
  const renews = (await etcd.renew(lease)) !== undefined;
  const change = await etcd.transact({
    compare: [{ key, what: 'create', equals: revision }],
    then: [{ remove: key }],
  });
  return { renews, changes: change.succeeded };
}
