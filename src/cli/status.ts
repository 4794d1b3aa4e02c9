import { performance } from 'node:perf_hooks';
import { thisHost } from '../host/host.js';
import { pause } from '../host/pause.js';
import { heldBy } from '../locks/index.js';
import { instances } from '../scheduler/instance.js';
import { type PlaceInQueue, placesInQueues } from '../scheduler/places.js';
import { explainClaim } from '../stages/claim-messages.js';
import { describeLock, describePulse } from '../stages/messages.js';
import { type Pulse, PulseWatch } from '../stages/pulse.js';
import { readStageLock } from '../stages/stage-lock.js';
import { type BuildStatus, type LockStatus, statusOf } from '../stages/status.js';
import { waitingText } from '../stages/submission.js';
import { type ColourChoice, isColoured, painter } from '../text/colour.js';
import { jsonText } from '../text/json.js';
import { momentText } from '../text/moment.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { EXIT } from './exit.js';
import { mailsOf } from './mail.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';
import { headline, pastLines, waitLines } from './status-lines.js';

/** Longer than an owner may be silent. */
const WATCH_MS = 100_000;
const LOOK_EVERY_MS = 2000;

export interface StatusOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly color: ColourChoice;
}

/** `stagelock status [BUILD]` */
export async function statusCommand(
  options: GlobalOptions,
  name: string | undefined,
  { json = false, watch = false, color }: StatusOptions,
): Promise<void> {
  const project = projectOf(options);
  const host = thisHost();
  const only = name === undefined ? undefined : buildOf(project, name);
  const builds = statusOf(project, host, only);
  const unseen = builds.filter((status) => status.problem !== undefined);
  if (unseen.length > 0)
    process.exitCode = unseen.every((status) => status.obstructed) ? EXIT.obstructed : EXIT.internal;
  const pulses = watch ? await watchUnknown(builds) : new Map<string, Pulse>();

  const schedulers = instances(project.scheduler.state, host);
  const places = placesInQueues(project.scheduler.state, schedulers);
  // Of one build, a person wants to know nothing of these.
  const mails = project.mail === undefined || (only !== undefined && !json) ? undefined : mailsOf(project);
  if (json) {
    const report = builds.map((status) => ({
      ...status,
      locks: status.locks.map((lock) => ({ ...lock, pulse: pulses.get(lock.path) })),
      waitsFor: status.waitsFor.map((lock) => lock.path),
      waitsForPlace: places.get(status.build),
    }));
    process.stdout.write(`${jsonText({ project: project.name, builds: report, schedulers, mails }, 2)}\n`);
    return;
  }
  const context = { host, now: new Date(), configFile: project.file, builds: project.builds };
  const paint = painter(isColoured(color, process.stdout, process.env));
  for (const status of builds) {
    const place = places.get(status.build);
    process.stdout.write(`${status.build} (${status.role}): ${headline(status, place, context.now, paint)}\n`);
    for (const line of pastLines(status, context.now, paint)) process.stdout.write(`${line}\n`);
    if (place !== undefined) process.stdout.write(`  ${describePlace(place)}\n`);
    for (const lock of status.locks) {
      const pulse = pulses.get(lock.path);
      const lines = [...describeLock(lock, context), ...(pulse === undefined ? [] : describePulse(pulse))];
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    if (status.halfMoved !== undefined) {
      process.stdout.write(
        `  source may be half updated: ${shown(status.halfMoved)}; the next run of ${status.build} repairs it\n`,
      );
    }
    for (const line of waitLines(status.waitsFor, context.now)) process.stdout.write(`${line}\n`);
    const build = project.builds.get(status.build);
    if (status.refusal !== undefined && build !== undefined) {
      process.stdout.write(`  ${explainClaim(build, status.refusal).join('\n  ')}\n`);
    }
    if (status.undelivered.count > 0) process.stdout.write(`  reports: ${shown(waitingText(status.undelivered))}\n`);
  }
  if (only !== undefined) return;
  for (const { host: where, pid, since, judgement } of schedulers) {
    process.stdout.write(
      `scheduler: ${heldBy({ pid, host: shown(where, 255) }, judgement, Date.now() - Date.parse(since))}\n`,
    );
  }
  const [waiting, failed] = [mails?.waiting.length ?? 0, mails?.failed.length ?? 0];
  if (waiting + failed > 0) {
    const command = `stagelock --config ${shellWord(project.file)} mail`;
    process.stdout.write(`mail: ${waiting} waiting, ${failed} given up; details: ${command}\n`);
  }
}

function describePlace({ place, of, maxRuns, host, since }: PlaceInQueue): string {
  return `waiting for a free slot since ${momentText(since)}, number ${place} of ${of}; ${shown(host, 255)} runs at most ${maxRuns} at once (max_runs)`;
}

/** Reads the pulse of owners on other hosts, whose processes this host cannot see. */
async function watchUnknown(builds: readonly BuildStatus[]): Promise<Map<string, Pulse>> {
  const unknown = builds.flatMap((status) => status.locks.filter((lock) => lock.judgement.fate === 'unknown'));
  const watches = new Map(unknown.map((lock: LockStatus) => [lock.path, new PulseWatch()]));
  const end = performance.now() + WATCH_MS;
  const verdicts = (): Map<string, Pulse> =>
    new Map([...watches].map(([path, watch]) => [path, watch.verdict(performance.now())]));
  while (watches.size > 0 && performance.now() < end) {
    for (const [path, watch] of watches) {
      const lock = readStageLock(path);
      if (lock === undefined) watches.delete(path);
      else watch.see(lock.touchedMs, performance.now());
    }
    if ([...verdicts().values()].every((pulse) => pulse.kind !== 'unknown')) break;
    await pause(LOOK_EVERY_MS);
  }
  return verdicts();
}
