import { performance } from 'node:perf_hooks';
import type { Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { pause } from '../host/pause.js';
import { type ProjectStatus, projectStatus } from '../scheduler/project-status.js';
import type { OtherHosts } from '../stages/builds-elsewhere.js';
import { type Pulse, PulseWatches } from '../stages/pulse.js';
import { type ColourChoice, isColoured, painter } from '../text/colour.js';
import { jsonText } from '../text/json.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';
import { statusReport } from './status-report.js';
import { statusText } from './status-text.js';
import { stopSignal } from './stop-signal.js';

/** Longer than an owner may be silent. */
const PULSE_MS = 100_000;
const LOOK_EVERY_MS = 2000;

export interface StatusOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly pulse?: boolean;
  readonly color: ColourChoice;
}

/** `stagelock status [BUILD]` */
export async function statusCommand(
  options: GlobalOptions,
  name: string | undefined,
  { json = false, watch = false, pulse = false, color }: StatusOptions,
): Promise<void> {
  if (watch && pulse) throw new Refusal(EXIT.usage, 'give only one of --watch, which shows the pulse too, and --pulse');
  if (watch && !json && !process.stdout.isTTY) {
    throw new Refusal(EXIT.usage, 'standard output is no terminal; --watch --json prints a line at each change');
  }
  const project = projectOf(options);
  const { coordination } = project;
  // A build of another host need not be in the file of this one.
  const isElsewhere = name !== undefined && coordination !== undefined && !project.builds.has(name);
  const only = name === undefined || isElsewhere ? undefined : buildOf(project, name);
  const host = thisHost();
  const watches = watch || pulse ? new PulseWatches() : undefined;
  // Nothing of etcd is loaded where hosts share nothing.
  const others = coordination && (await import('../stages/other-hosts.js'));
  const lines = coordination && (await import('./status-of-hosts.js'));
  const look = async (): Promise<Look> => {
    const whole = projectStatus(project, host, new Date(), only);
    const status = isElsewhere ? { ...whole, builds: [] } : whole;
    const { builds } = status;
    const hosts = others && coordination && (await others.otherHosts(coordination, builds, name));
    return { ...lookAt(status, watches), hosts };
  };
  const paint = painter(isColoured(color, process.stdout, process.env));
  const text = ({ status, pulses, hosts }: Look, indent?: number): string => {
    if (json) return jsonText({ ...statusReport(project.name, status, pulses), ...(hosts && { hosts }) }, indent);
    const view = { project, host, now: new Date(), paint, pulses };
    return [
      ...statusText(status, view, name === undefined),
      ...(hosts && lines ? lines.hostLines(hosts, view) : []),
    ].join('\n');
  };
  if (watch) {
    const textOf = async (): Promise<string> => text(await look());
    await (json ? watchAsLines(textOf) : watchOnScreen(textOf, project));
    return;
  }
  const seen = pulse ? await untilPulse(look) : await look();
  process.stdout.write(`${text(seen, 2)}\n`);
  process.exitCode = exitCodeOf(seen);
}

/** What was seen at one moment, and of locks that were watched what that tells of their owners. */
interface Look {
  readonly status: ProjectStatus;
  readonly pulses: ReadonlyMap<string, Pulse>;
  /** What builds of other hosts hold in etcd, where hosts share something. */
  readonly hosts?: OtherHosts | undefined;
}

/** The pulse is for owners on other hosts, whose processes this host cannot see. */
function lookAt(status: ProjectStatus, watches: PulseWatches | undefined): Look {
  const nowMs = performance.now();
  const unknown = status.builds.flatMap(({ locks }) => locks.filter(({ judgement }) => judgement.fate === 'unknown'));
  return { status, pulses: new Map(watches && unknown.map((lock) => [lock.path, watches.see(lock, nowMs)])) };
}

async function untilPulse(look: () => Promise<Look>): Promise<Look> {
  const end = performance.now() + PULSE_MS;
  for (;;) {
    const seen = await look();
    const isKnown = [...seen.pulses.values()].every(({ kind }) => kind !== 'unknown');
    if (isKnown || performance.now() >= end) return seen;
    await pause(LOOK_EVERY_MS);
  }
}

/** Shows it on the whole terminal until a signal comes. */
async function watchOnScreen(textOf: () => Promise<string>, { file }: Project): Promise<void> {
  const stop = stopSignal();
  const { TerminalScreen } = await import('./terminal-screen.js');
  const screen = new TerminalScreen(process.stdout);
  let text = '';
  try {
    while (!stop.signal.aborted && process.stdout.writable) {
      text = await textOf();
      screen.show([`${file}   Ctrl-C ends this`, '', ...text.split('\n')]);
      await pause(LOOK_EVERY_MS, stop.signal);
    }
  } finally {
    screen.close();
  }
  process.stdout.write(`${text}\n`);
  process.exitCode = stop.exitCode();
}

/** Prints it whenever it has changed, until a signal comes or the reader leaves. */
async function watchAsLines(textOf: () => Promise<string>): Promise<void> {
  const stop = stopSignal();
  let printed: string | undefined;
  while (!stop.signal.aborted && process.stdout.writable) {
    const text = await textOf();
    if (text !== printed) process.stdout.write(`${text}\n`);
    printed = text;
    await pause(LOOK_EVERY_MS, stop.signal);
  }
  if (stop.signal.aborted) process.exitCode = stop.exitCode();
}

function exitCodeOf({ status: { builds }, hosts }: Look): number {
  if (hosts?.problem !== undefined) return EXIT.held;
  const unseen = builds.filter(({ problem }) => problem !== undefined);
  if (unseen.length === 0) return EXIT.done;
  return unseen.every(({ obstructed }) => obstructed) ? EXIT.obstructed : EXIT.internal;
}
