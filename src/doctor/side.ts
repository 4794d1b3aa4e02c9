import { readFileSync, realpathSync } from 'node:fs';
import { agreedStrategy, type Filesystem, filesystemOf, type Strategy, worksFrom } from '../locks/index.js';
import { type Mount, mountOf, parseMountinfo } from './mount.js';

/** A directory as it is seen from here; with `--peer` there are two of one directory. */
export interface Side {
  /** As the user has written it. */
  readonly directory: string;
  /** Without symbolic links. */
  readonly path: string;
  readonly filesystem: Filesystem;
  readonly mount: Mount | undefined;
  readonly agreement: Agreement;
}

/** What .lock-strategy says. */
export type Agreement =
  | { readonly kind: 'none' }
  | { readonly kind: 'agreed'; readonly strategy: Strategy }
  | { readonly kind: 'unreadable'; readonly why: string };

/**
 * Looks at a directory without changing anything.
 *
 * @throws the system's error, for example ENOENT
 */
export function lookAt(directory: string): Side {
  const path = realpathSync(directory);
  return {
    directory,
    path,
    filesystem: filesystemOf(path),
    mount: mountOf(path, parseMountinfo(mountinfo())),
    agreement: agreementIn(path),
  };
}

/** The strategy for locks without an explicit one. */
export type Choice =
  /** One strategy, or whichever comes first of several that all work from everywhere here. */
  | { readonly kind: 'chosen'; readonly strategies: readonly Strategy[] }
  /** Some would get an error, or would not exclude others. */
  | { readonly kind: 'conflict'; readonly why: string };

/** Decides it as {@link openLock} does, for one side or for both together. */
export function choiceOf(sides: readonly Side[]): Choice {
  const strategies: Strategy[] = [];
  for (const { agreement, filesystem, directory } of sides) {
    if (agreement.kind === 'unreadable') return { kind: 'conflict', why: agreement.why };
    const strategy = agreement.kind === 'agreed' ? agreement.strategy : filesystem.strategy;
    const without = sides.find(
      (side) => side.filesystem.strategy !== strategy && !worksFrom(strategy, side.filesystem),
    );
    if (without !== undefined) {
      const origin = agreement.kind === 'agreed' ? 'is agreed on for' : 'is the default in';
      const why = `${strategy} ${origin} ${directory}, but does not exclude processes in ${without.directory} (${without.filesystem.name})`;
      return { kind: 'conflict', why };
    }
    if (!strategies.includes(strategy)) strategies.push(strategy);
  }
  return { kind: 'chosen', strategies };
}

function agreementIn(path: string): Agreement {
  try {
    const strategy = agreedStrategy(path);
    return strategy === undefined ? { kind: 'none' } : { kind: 'agreed', strategy };
  } catch (error) {
    if (error instanceof Error) return { kind: 'unreadable', why: error.message };
    throw error;
  }
}

function mountinfo(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return ''; // not Linux
  }
}
