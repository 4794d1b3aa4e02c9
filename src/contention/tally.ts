import { Distribution } from './distribution.js';
import { type Entry, hostOf, parseEntry } from './entry.js';

/** What is known of one target. */
export interface TargetTotals {
  readonly target: string;
  readonly waits: number;
  readonly waitedMs: number;
  readonly longestMs: number;
  /** To within 5%. */
  readonly medianHeldMs: number;
  /** The host that was waited for longest; undefined where no owner was recorded. */
  readonly heldMostBy: string | undefined;
  /** The figures may be too low: it may have been forgotten for a while, when there were too many targets. */
  readonly atLeast: boolean;
}

export interface HostTotals {
  readonly host: string;
  /** What its own processes waited. */
  readonly waits: number;
  readonly waitedMs: number;
  /** What others, on any host, waited for locks that it held. */
  readonly keptWaitingMs: number;
}

/** What a log says. */
export interface Contention {
  readonly waits: number;
  readonly waitedMs: number;
  /** Lines that are no entry: torn, or of something else. */
  readonly skippedLines: number;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** The worst first. */
  readonly targets: readonly TargetTotals[];
  /** Of all targets that are not in `targets`. */
  readonly others: { readonly waits: number; readonly waitedMs: number };
  readonly hosts: readonly HostTotals[];
  /** What was taken from those who had just made it, and how long that had taken them. */
  readonly madeOnce: { readonly objects: number; readonly savedMs: number };
}

interface Counts {
  waits: number;
  waitedMs: number;
  longestMs: number;
  readonly held: Distribution;
  /** Milliseconds that were waited for each host. */
  readonly owners: Map<string, number>;
  readonly atLeast: boolean;
}

/** Beyond these many names further ones count as `(others)`; no site has that many hosts, containers aside. */
const MOST_HOSTS = 1000;
const MOST_OWNERS = 50;
const OTHERS = '(others)';

/**
 * Adds up a log in bounded memory: when there are too many targets, the better half of them is forgotten,
 * and counts in the sums only. The worst ones, which are asked for, are practically never among those.
 */
export class Tally {
  readonly #mostTargets: number;
  readonly #targets = new Map<string, Counts>();
  readonly #hosts = new Map<string, { waits: number; waitedMs: number; keptWaitingMs: number }>();
  #hasForgotten = false;
  #waits = 0;
  #waitedMs = 0;
  #skippedLines = 0;
  #objects = 0;
  #savedMs = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;

  constructor(mostTargets = 20_000) {
    this.#mostTargets = mostTargets;
  }

  /** @param line undefined for one that was too long to be read */
  addLine(line: string | undefined): void {
    if (line?.trim() === '') return;
    const entry = line === undefined ? undefined : parseEntry(line);
    if (entry === undefined) this.#skippedLines++;
    else this.#add(entry);
  }

  /** @param top how many targets to name */
  result(top: number): Contention {
    const targets = this.#worstFirst()
      .slice(0, top)
      .map(([target, counts]) => totalsOf(target, counts));
    const named = sumOf(targets);
    return {
      madeOnce: { objects: this.#objects, savedMs: this.#savedMs },
      waits: this.#waits,
      waitedMs: this.#waitedMs,
      skippedLines: this.#skippedLines,
      fromMs: this.#waits === 0 ? undefined : this.#fromMs,
      toMs: this.#waits === 0 ? undefined : this.#toMs,
      targets,
      others: { waits: this.#waits - named.waits, waitedMs: this.#waitedMs - named.waitedMs },
      hosts: [...this.#hosts]
        .map(([host, totals]) => ({ host, ...totals }))
        .sort((a, b) => b.waitedMs - a.waitedMs || b.keptWaitingMs - a.keptWaitingMs),
    };
  }

  #add(entry: Entry): void {
    if (entry.savedMs !== undefined) {
      this.#objects++;
      this.#savedMs += entry.savedMs;
      // No wait: the target had just been made.
      if (entry.waitedMs === 0) return;
    }
    this.#waits++;
    this.#waitedMs += entry.waitedMs;
    this.#fromMs = Math.min(this.#fromMs, entry.atMs);
    this.#toMs = Math.max(this.#toMs, entry.atMs);
    const counts = this.#countsOf(entry.target);
    counts.waits++;
    counts.waitedMs += entry.waitedMs;
    counts.longestMs = Math.max(counts.longestMs, entry.waitedMs);
    counts.held.add(entry.heldMs);
    const waiter = this.#host(hostOf(entry.by));
    waiter.waits++;
    waiter.waitedMs += entry.waitedMs;
    if (entry.owner === null) return;
    const owner = hostOf(entry.owner);
    this.#host(owner).keptWaitingMs += entry.waitedMs;
    const name = counts.owners.has(owner) || counts.owners.size < MOST_OWNERS ? owner : OTHERS;
    counts.owners.set(name, (counts.owners.get(name) ?? 0) + entry.waitedMs);
  }

  #countsOf(target: string): Counts {
    const known = this.#targets.get(target);
    if (known !== undefined) return known;
    if (this.#targets.size >= this.#mostTargets) this.#forgetBetterHalf();
    const counts: Counts = {
      waits: 0,
      waitedMs: 0,
      longestMs: 0,
      held: new Distribution(),
      owners: new Map(),
      atLeast: this.#hasForgotten,
    };
    this.#targets.set(target, counts);
    return counts;
  }

  #host(name: string) {
    const key = this.#hosts.has(name) || this.#hosts.size < MOST_HOSTS ? name : OTHERS;
    let totals = this.#hosts.get(key);
    if (totals === undefined) {
      totals = { waits: 0, waitedMs: 0, keptWaitingMs: 0 };
      this.#hosts.set(key, totals);
    }
    return totals;
  }

  #forgetBetterHalf(): void {
    this.#hasForgotten = true;
    for (const [target] of this.#worstFirst().slice(Math.floor(this.#mostTargets / 2))) this.#targets.delete(target);
  }

  #worstFirst(): [string, Counts][] {
    return [...this.#targets].sort(([, a], [, b]) => b.waitedMs - a.waitedMs);
  }
}

function totalsOf(target: string, counts: Counts): TargetTotals {
  const [worst] = [...counts.owners].sort(([, a], [, b]) => b - a);
  return {
    target,
    waits: counts.waits,
    waitedMs: counts.waitedMs,
    longestMs: counts.longestMs,
    medianHeldMs: counts.held.median(),
    heldMostBy: worst?.[0],
    atLeast: counts.atLeast,
  };
}

function sumOf(targets: readonly TargetTotals[]): { waits: number; waitedMs: number } {
  return targets.reduce(
    (sum, { waits, waitedMs }) => ({ waits: sum.waits + waits, waitedMs: sum.waitedMs + waitedMs }),
    { waits: 0, waitedMs: 0 },
  );
}
