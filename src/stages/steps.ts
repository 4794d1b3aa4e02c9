/**
 * The steps of a run that leave a trace outside the process, in the order in which they happen. A test kills the run
 * right after each of them; the model under test/model has the same ones.
 */
export const RUN_STEPS = [
  'claim: copy made',
  'claim: source claimed',
  'begin: running created',
  'begin: update claimed',
  'update: stage locked',
  'update: clear of secondaries',
  'join: joined',
  'update: start recorded',
  'update: fetched',
  'update: marked',
  'update: moving',
  'update: moved',
  'update: proved',
  'update: recorded',
  'update: unmarked',
  'merge: cursor started',
  'update: reported',
  'update: ended',
  'stage: locked',
  'stage: command ended',
  'stage: unlocked',
  'complete: cursor moved',
  'leave: left',
  'end: running removed',
] as const;

/** Those of a run whose updates hosts share, likewise; each is one transaction. */
export const LINE_STEPS = [
  'line: begun',
  'line: clear of followers',
  'line: joined',
  'update: caught up',
  'line: recorded',
  'line: update ended',
  'line: cursor moved',
  'line: ended',
] as const;

export type RunStep = (typeof RUN_STEPS)[number] | (typeof LINE_STEPS)[number];

/** Called for each step right after it happened, synchronously. */
export type StepListener = (step: RunStep) => void;
