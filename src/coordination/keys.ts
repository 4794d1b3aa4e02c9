/** Enough digits that the order of the keys is the order of the records. */
const DIGITS = 10;

/**
 * Where the records of a project stand in etcd, all below its prefix:
 *
 *     locks/BUILD/running             a run of the build, without a lease: it stays until its run or a person removes it
 *     locks/BUILD/update              the stage that the run is at, likewise; `checkout` in a follower
 *     locks/PRIMARY/running.FOLLOWER  the mark of a follower that has joined
 *     alive/RUN                       there as long as the run renews its lease
 *     trace/RUN                       likewise, with a lease of days, whose age says since when a run is silent
 *     writes/RUN                      the last write of the run, by which a lost answer is read back
 *     cleared/RUN                     a person has cleared its locks from another host
 *     objects/NAME/ID                 a claim on a lock by its name, with a lease
 *     firings/BUILD/FIRING            a run of that firing has begun, on whatever host
 *     homes/FOLLOWER                  where a follower builds, so that two hosts do not use one name
 *     moved                           the project has moved to files: no run begins by etcd
 *     ended/BUILD/RUN                 the end of a run: when, how, on which host; of each build the newest ones, for months
 *     excerpts/BUILD/RUN              what failed in it
 *     latest/BUILD                    the same as the newest one below ended/BUILD/
 *     journal/PRIMARY/newest          the number and revision of the newest update record
 *     journal/PRIMARY/records/N       an update record; its parts under parts/N/
 *     journal/PRIMARY/cursors/BUILD   the last record that the build has built
 *
 * The names of builds and runs have been checked: no slash is in them.
 */
export class Keys {
  readonly prefix: string;

  /** @param prefix begins with a slash and does not end with one */
  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Below which the locks of all builds stand. */
  get locks(): string {
    return `${this.prefix}/locks/`;
  }

  /** Below which the locks of a build stand. */
  locksOf(build: string): string {
    return `${this.locks}${build}/`;
  }

  lock(build: string, name: string): string {
    return this.locksOf(build) + name;
  }

  alive(run: string): string {
    return `${this.prefix}/alive/${run}`;
  }

  trace(run: string): string {
    return `${this.prefix}/trace/${run}`;
  }

  writes(run: string): string {
    return `${this.prefix}/writes/${run}`;
  }

  cleared(run: string): string {
    return `${this.prefix}/cleared/${run}`;
  }

  /** Below which the claims on all locks by a name stand. */
  get objects(): string {
    return `${this.prefix}/objects/`;
  }

  /** Below which the claims on the lock of that name stand. */
  claims(name: string): string {
    return `${this.objects}${encodeURIComponent(name)}/`;
  }

  /** Says that the project has moved to files. */
  get moved(): string {
    return `${this.prefix}/moved`;
  }

  home(follower: string): string {
    return `${this.prefix}/homes/${follower}`;
  }

  firing(build: string, firing: string): string {
    return `${this.prefix}/firings/${build}/${firing}`;
  }

  /** Below which all that runs have said of their ends stands. */
  get pasts(): readonly string[] {
    return [`${this.prefix}/ended/`, `${this.prefix}/excerpts/`, this.latest];
  }

  /** Below which the ends of the runs of a build stand. */
  ends(build: string): string {
    return `${this.prefix}/ended/${build}/`;
  }

  ended(build: string, run: string): string {
    return this.ends(build) + run;
  }

  excerpt(build: string, run: string): string {
    return `${this.prefix}/excerpts/${build}/${run}`;
  }

  /** Below which the last end of each build stands. */
  get latest(): string {
    return `${this.prefix}/latest/`;
  }

  newest(primary: string): string {
    return `${this.prefix}/journal/${primary}/newest`;
  }

  /** Below which the records of a primary stand, in their order. */
  records(primary: string): string {
    return `${this.prefix}/journal/${primary}/records/`;
  }

  record(primary: string, sequence: number): string {
    return this.records(primary) + numbered(sequence);
  }

  /** Below which the parts of all records stand. */
  allParts(primary: string): string {
    return `${this.prefix}/journal/${primary}/parts/`;
  }

  /** Below which the parts of a record stand. */
  parts(primary: string, sequence: number): string {
    return `${this.allParts(primary)}${numbered(sequence)}/`;
  }

  cursors(primary: string): string {
    return `${this.prefix}/journal/${primary}/cursors/`;
  }

  cursor(primary: string, build: string): string {
    return this.cursors(primary) + build;
  }
}

function numbered(sequence: number): string {
  return String(sequence).padStart(DIGITS, '0');
}
