import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import { LockError, type Owner } from '../locks/index.js';
import type { Environment } from './lock-directories.js';
import type { PathSet } from './path-set.js';
import type { Places } from './place.js';
import type { Removal } from './removal.js';
import type { Kept } from './verdict.js';

/** One leftover and what became of it. */
export interface Finding {
  readonly path: string;
  readonly what: 'lock' | 'temporary' | 'facts';
  /** As recorded. A temporary records none. */
  readonly owner: Owner | undefined;
  /** Of a lock whose name does not say what it protects: the path, or null when that is not to be found out. */
  readonly target?: string | null;
  /** `would-remove`: in a dry run. `failed`: it could not be removed or not be looked at. */
  readonly fate: 'removed' | 'would-remove' | 'failed' | Kept['kind'];
  /** Half a sentence. */
  readonly why: string;
  /** The command by which a person removes it after a look, where nothing else ever will. */
  readonly clear?: string;
}

/** What the steps of a clean-up share. */
export interface CleanupContext {
  readonly host: Host;
  readonly dryRun: boolean;
  readonly minAgeMs: number;
  readonly overdueMs: number;
  readonly sshTimeoutS: number;
  readonly places: Places;
  readonly environment: Environment;
  /** What stands in them are locks of targets elsewhere. */
  readonly lockDirectories: ReadonlySet<string>;
  /** Locks that are gone by us, or in a dry run would be. */
  readonly cleared: PathSet;
  readonly report: (finding: Finding) => void;
}

type About = Pick<Finding, 'path' | 'what' | 'owner' | 'target'>;

/** Reports the result of a removal. What another process had removed before is not reported.  */
export function reportRemoval(context: CleanupContext, about: About, why: string, removal: Removal): void {
  if (removal.kind === 'failed') context.report({ ...about, fate: 'failed', why: `${why}, but ${removal.why}` });
  if (removal.kind === 'removed') context.report({ ...about, fate: context.dryRun ? 'would-remove' : 'removed', why });
}

/** What an error says of the leftover that was looked at; undefined when it has vanished. Throws what is a bug. */
export function findingOf(error: unknown, { path, what }: Pick<Finding, 'path' | 'what'>): Finding | undefined {
  const finding = (fate: Finding['fate'], why: string): Finding => ({ path, what, owner: undefined, fate, why });
  const code = errorCode(error) ?? (error instanceof LockError ? errorCode(error.cause) : undefined);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESTALE') return undefined;
  if (code !== undefined) return finding('failed', `it could not be looked at (${code})`);
  // A symbolic link or the like, which blocks every process just as a lock does.
  if (error instanceof LockError) return finding('unknown', error.message.slice(error.path.length + 2));
  throw error;
}
