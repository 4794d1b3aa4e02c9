import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure, Outcome } from './outcome.js';
import { BUILDS, PRIMARY, type Round, type RunPlan, type Schedule, SECONDARIES } from './schedule.js';
import { Session, type Setting } from './session.js';

/** Plays a schedule from an empty directory to the end, when all that is broken must have been mended by itself. */
export function play(schedule: Schedule, setting: Setting): Promise<Outcome> {
  return Session.hold(schedule, setting, (session) => playAll(schedule, session));
}

async function playAll({ rounds }: Schedule, session: Session): Promise<Failure[]> {
  for (const [index, round] of rounds.entries()) {
    session.log.note(`round ${index + 1} clears=${round.clears}`);
    await playRound(round, session);
  }
  session.log.note('the end: a person clears what is left, then everything must run');
  const settled = await session.everythingRuns();
  return [...session.judge(), ...settled, ...(settled.length === 0 ? await session.remains() : [])];
}

async function playRound(round: Round, session: Session): Promise<void> {
  const comeBack = move(round, session);
  for (let count = 0; count < round.pushesBefore; count++) await session.push();
  await Promise.all([
    ...round.runs.map((plan) => runAndClear(plan, round.clears === 'at once', session)),
    ...round.pushesAtMs.map((atMs) => sleep(atMs).then(() => session.push())),
    fillDisk(round, session),
    jump(round, session),
  ]);
  comeBack?.();
  if (round.clears !== 'later') await session.person.clear(BUILDS);
}

/** Renames something. @returns what brings it back after the round */
function move({ moves }: Round, { world, log, accidents }: Session): (() => void) | undefined {
  if (moves === undefined) return undefined;
  log.note(`renamed: ${moves.what} of ${moves.build}`);
  accidents.count(`renamed: ${moves.what}`);
  if (moves.what === 'configuration') world.moveConfiguration();
  else if (moves.what === 'build') world.moveBuild(moves.build);
  // The journal is in the primary's directory: without it nothing could be right.
  else if (moves.build !== PRIMARY) return world.takeAway(moves.build);
  return undefined;
}

async function runAndClear(plan: RunPlan, clears: boolean, session: Session): Promise<void> {
  await sleep(plan.atMs);
  const { code } = await session.run(plan);
  if (clears && (code === null || code > 1)) await session.person.clear([plan.build]);
}

async function fillDisk({ fullDisk }: Round, { world, log, accidents }: Session): Promise<void> {
  if (fullDisk === undefined) return;
  await sleep(fullDisk.atMs);
  const name = { primary: PRIMARY, secondary: SECONDARIES[0], source: 'source' }[fullDisk.of];
  log.note(`the disk of ${name} is full`);
  accidents.count(`full disk: ${fullDisk.of}`);
  world.fillDisk(name);
  await sleep(fullDisk.forMs);
  world.freeDisk();
  log.note(`the disk of ${name} has room again`);
}

async function jump({ clock }: Round, { world, log, accidents }: Session): Promise<void> {
  if (clock === undefined) return;
  await sleep(clock.atMs);
  log.note(`the clock jumps to ${clock.offset} s beside the true time`);
  accidents.count('clock jump');
  world.setClock(clock.offset);
}
