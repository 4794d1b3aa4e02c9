import type { Commit } from '../../updates/systems/repositories.js';
import type { Side } from './side.js';

/** What one of the two programs has made of a project. */
export interface Seen {
  /** Lines of `Testing/TAG`; of a run that is not Nightly without the first, which is the time of day. */
  readonly tag: readonly string[];
  /** `Updated`, `Modified` or `Conflicting`, and the path; in order. Undefined without an Update.xml. */
  readonly files: readonly string[] | undefined;
  /** The revision that was before and the one that is built, as `Update.xml` has them. */
  readonly revisions: string;
  /** A digest of the files of the source, or `other` where it differs. */
  readonly tree: string;
  readonly errors: number;
  readonly warnings: number;
  /** Tests by name. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly notRun: readonly string[];
  /** Red as a dashboard shows it: an update that failed or found local changes, a build or a test that failed. */
  readonly verdict: 'green' | 'red';
}

export type Aspect = keyof Seen;

/** A project in a shape that is found outside. ctest and stagelock are run on copies of it. */
export interface Entry {
  /** Its shape, for the table in docs/ctest-projects.md. */
  readonly shape: string;
  /** Default: git. */
  readonly system?: 'git' | 'svn' | 'hg' | 'cvs' | 'none';
  /** Default: Experimental. */
  readonly model?: 'Experimental' | 'Nightly';
  /** The name of the build directory. */
  readonly place?: string;
  /** Where the source is below the checkout. */
  readonly below?: string;
  /** What the clone has; then what comes as news. */
  readonly first?: Commit['write'];
  readonly news?: Omit<Commit, 'log'> | 'none';
  /** Done to the repository (in `work`, which has a clone of it) before it is cloned, and when news come. */
  readonly begin?: (repositories: string) => void;
  readonly push?: (repositories: string) => void;
  /** What comes after the two were arranged. */
  readonly thenNews?: Omit<Commit, 'log'>;
  /** Done to each of the two checkouts before it is updated. */
  readonly arrange?: (side: Side) => void;
  /** Of DartConfiguration.tcl; undefined leaves a line out that would be there. */
  readonly configuration?: (side: Side) => Readonly<Record<string, string | undefined>>;
  /** The text of DartConfiguration.tcl, made of what stands there otherwise. */
  readonly text?: (usual: string) => string;
  /** Files of the build directory. */
  readonly build?: Readonly<Record<string, string>>;
  /** What ctest must have seen, so that two programs that see nothing are not alike. */
  readonly seen: Partial<Seen>;
  /** Where stagelock deliberately differs: what it must have seen instead (a `#` for each hash in revisions), and why. */
  readonly differs?: Partial<Seen> & { readonly because: string };
}

/** An update that fails keeps stagelock from building anything, so that there is no report of it. */
export const NOT_BUILT = { tag: [], files: undefined, revisions: ' ', verdict: 'red' } as const satisfies Partial<Seen>;
