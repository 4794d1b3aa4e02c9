/** What tests load into processes of their own, bundled as `dist/internals/locks.js`. */
export * from '../../src/files/append-file.js';
export * from '../../src/files/atomic-file.js';
export * from '../../src/host/host.js';
export * from '../../src/locks/index.js';
export { openLock as openShareableLock, openSlots } from '../../src/locks/library.js';
