import type { VersionControl } from './version-control.js';

/**
 * A version control system whose tree something else moves, as with CTest's `UpdateVersionOnly`: what is checked out is news when
 * it is another revision than the last one recorded. No server is asked for anything, and nothing of the tree or of the system's own
 * files is touched.
 */
export function leftAlone(system: VersionControl): VersionControl {
  return {
    ...system,
    command: '',
    async fetch(checkout) {
      const head = await system.currentRevision(checkout);
      if (head.kind === 'failed') return head;
      return { kind: 'fetched', head: head.revision, target: head.revision, news: false };
    },
    move: async () => ({ kind: 'moved' }),
    tidy: async () => undefined,
  };
}
