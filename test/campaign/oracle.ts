/** Whether the completed runs of a build report every commit once, in order. Pure. */

/** A run that got as far as its stages, in the order in which they began. */
export interface ReportedRun {
  /** Numbers of the commits that its Update.xml reports, in order. */
  readonly commits: readonly number[];
  /** Whether its end counts its updates as built; `maybe` for one that was killed after its last stage had ended. */
  readonly completed: 'yes' | 'no' | 'maybe';
}

export interface ReportFault {
  readonly kind: 'lost' | 'doubled';
  readonly what: string;
}

/** How far a build is: one commit, and more of them only after a run that was killed when its work was done. */
export class Progress {
  #possible: readonly number[];

  /** @param start the commit that the build has built before */
  constructor(start: number) {
    this.#possible = [start];
  }

  /** Takes a run into account. Undefined when it reports what comes next. */
  see({ commits, completed }: ReportedRun): ReportFault | undefined {
    const [first] = commits;
    const last = commits.at(-1);
    if (first === undefined || last === undefined || completed === 'no') return undefined;
    const before = this.#possible;
    this.#possible = completed === 'maybe' ? [...new Set([...before, last])] : [last];
    if (commits.some((commit, index) => commit !== first + index)) {
      return { kind: 'lost', what: `a report of commits ${commits.join(' ')}` };
    }
    if (before.includes(first - 1)) return undefined;
    const kind = first - 1 > Math.max(...before) ? 'lost' : 'doubled';
    return { kind, what: `commits ${first} to ${last} reported after commit ${before.join(' or ')}` };
  }

  /** Whether the build can have built everything up to this commit, and nothing after it. */
  mayBeAt(commit: number): boolean {
    return this.#possible.includes(commit);
  }

  toString(): string {
    return this.#possible.join(' or ');
  }
}
