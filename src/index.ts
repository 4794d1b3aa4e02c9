/**
 * stagelock as a library: the locks (also by themselves as `stagelock/locks`), the configuration and a run. Locks in etcd
 * are `stagelock/etcd`, so that no other program loads their client.
 *
 * @packageDocumentation
 */
export { findConfig, type Loaded, loadProject } from './config/load.js';
export type { Build, Primary, Project, Secondary, Stage } from './config/project.js';
export { type Host, thisHost } from './host/host.js';
export * from './locks/library.js';
export { exitCodeOf } from './stages/exit-code.js';
export { run } from './stages/run-build.js';
export type { RunContext } from './stages/run-context.js';
export type { RunEvent, StageReport } from './stages/run-event.js';
export type { RunResult } from './stages/run-result.js';
export { type BuildStatus, locksOf, statusOf } from './stages/status.js';
export { RUN_STEPS, type RunStep, type StepListener } from './stages/steps.js';
export { clearLocks, examine } from './stages/unlock.js';
