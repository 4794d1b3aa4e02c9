import type { Coordination, Project } from '../config/project.js';
import { pause } from '../host/pause.js';
import type { OtherHosts } from '../stages/builds-elsewhere.js';
import { errorText } from '../text/error-text.js';
import type { Snapshot } from './snapshots.js';

/** A page waits so long for etcd; the next one shows what has come meanwhile. */
const PATIENCE_MS = 1000;
/** A look is used by other requests for so long, and one that failed for longer: etcd that is away does not make pages slow. */
const FRESH_MS = 2000;
const STALE_MS = 15_000;

/** A look, in progress or over. */
interface Look {
  readonly promise: Promise<OtherHosts>;
  /** When it was over. */
  endedMs: number | undefined;
  seen: OtherHosts | undefined;
}

/** What other hosts do, for pages: looked at in etcd when it is asked for, once at a time for each project, and never waited for long. */
export class Hosts {
  readonly #looks = new Map<string, Look>();

  /** Undefined for a project whose hosts share nothing. */
  async of({ file, coordination }: Project, snapshot: Snapshot): Promise<OtherHosts | undefined> {
    if (coordination === undefined) return undefined;
    const look = this.#current(file) ?? this.#begin(file, coordination, snapshot);
    return look.seen ?? (await inTime(look.promise)) ?? { locks: [], ends: [], problem: SLOW };
  }

  #current(file: string): Look | undefined {
    const look = this.#looks.get(file);
    if (look?.endedMs === undefined) return look;
    const freshMs = look.seen?.problem === undefined ? FRESH_MS : STALE_MS;
    return performance.now() - look.endedMs < freshMs ? look : undefined;
  }

  #begin(file: string, coordination: Coordination, { builds }: Snapshot): Look {
    const look: Look = { promise: lookAt(coordination, builds), endedMs: undefined, seen: undefined };
    this.#looks.set(file, look);
    void look.promise.then((seen) => {
      look.seen = seen;
      look.endedMs = performance.now();
    });
    return look;
  }
}

const SLOW = `etcd has not answered within ${PATIENCE_MS} ms`;

/** Nothing of etcd is loaded by a server whose projects share nothing. */
async function lookAt(coordination: Coordination, builds: Snapshot['builds']): Promise<OtherHosts> {
  try {
    const { otherHosts } = await import('../stages/other-hosts.js');
    return await otherHosts(coordination, builds);
  } catch (error) {
    return { locks: [], ends: [], problem: errorText(error) };
  }
}

/** @returns undefined when it is not there soon */
export async function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, pause(PATIENCE_MS, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
