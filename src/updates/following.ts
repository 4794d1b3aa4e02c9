import type { Fetched, VersionControl } from './version-control.js';

/** A build that follows a primary on another host: it goes to what that has recorded, and not to what the other side has. */
export interface Following {
  readonly system: VersionControl;
  /** What there is to do, where the other side has been asked. */
  targetOf(fetched: Fetched): Fetched;
}

/**
 * @param revision what has been recorded
 * @param recorded by what, for a person who has to find out why it cannot be checked out
 */
export function following(system: VersionControl, revision: string, recorded: string): Following {
  const targetOf = ({ head, target, news }: Fetched): Fetched => ({
    kind: 'fetched',
    head,
    target: revision,
    // Also where parts of it are missing or elsewhere: submodules, externals.
    news: head !== revision || (target === revision && news),
  });
  return {
    targetOf,
    system: {
      ...system,
      async fetch(checkout) {
        const fetched = await system.fetch(checkout);
        return fetched.kind === 'failed' ? fetched : targetOf(fetched);
      },
      async move(checkout, fetched, begin) {
        const moved = await system.move(checkout, fetched, begin);
        if (moved.kind === 'moved') return moved;
        const question = `${recorded} ${revision}; does this checkout follow the same repository and branch?`;
        return { ...moved, message: `${moved.message}\n(${question})` };
      },
    },
  };
}
