import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Project, Subscriber } from '../config/project.js';
import { namesIn } from '../files/directory-entries.js';
import { thisHost } from '../host/host.js';
import { senderOf } from '../notify/chosen-sender.js';
import { deliverEvents } from '../notify/delivery.js';
import { type BuildEvent, eventId, uuidOf } from '../notify/event.js';
import type { Sent } from '../notify/sender.js';
import { eventsIn, hasEvents, type SpooledEvent, spoolOf } from '../notify/spool.js';
import { jsonText } from '../text/json.js';
import { momentText } from '../text/moment.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { type GlobalOptions, projectOf } from './project-of.js';
import { type Stop, stopSignal } from './stop-signal.js';

export interface NotifyOptions {
  /** Of one entry; true for all. */
  readonly test?: string | true;
  readonly send?: boolean;
  readonly json?: boolean;
}

/** `stagelock notify [--test [NAME]] [--send]` */
export async function notifyCommand(options: GlobalOptions, { test, send, json }: NotifyOptions): Promise<void> {
  const project = projectOf(options);
  if (project.subscribers.length === 0) throw new Refusal(EXIT.usage, `${project.file}: there is no [[notify]]`);
  if (test !== undefined) return await tryOut(project, chosen(project, test));
  if (send) await sendNow(project);
  const waiting = project.subscribers.map((subscriber) => ({
    subscriber,
    ...eventsIn(spoolOf(project, subscriber)).readAll(),
  }));
  if (json) {
    const entries = waiting.map(({ subscriber: { name, kind }, items, problems }) => ({
      name,
      kind,
      waiting: items,
      problems,
    }));
    process.stdout.write(`${jsonText({ entries }, 2)}\n`);
    return;
  }
  for (const { subscriber, items, problems } of waiting) {
    for (const problem of problems) process.stderr.write(`stagelock: ${shown(problem)}\n`);
    for (const item of items) process.stdout.write(`${describeEvent(subscriber, item)}\n`);
  }
  if (waiting.every(({ items }) => items.length === 0)) process.stdout.write('no events are waiting\n');
  for (const line of explainForgotten(project)) process.stdout.write(`${line}\n`);
}

function chosen({ file, subscribers }: Project, name: string | true): readonly Subscriber[] {
  if (name === true) return subscribers;
  const found = subscribers.filter((subscriber) => subscriber.name === name);
  if (found.length > 0) return found;
  const names = subscribers.map((subscriber) => subscriber.name).join(', ');
  throw new Refusal(EXIT.usage, `${file}: no entry of [[notify]] is called ${shown(name)}; there are ${names}`);
}

/** One attempt for each, past the spool: a person waits for the answer. */
async function tryOut(project: Project, subscribers: readonly Subscriber[]): Promise<void> {
  const stop = stopSignal();
  const event = testEvent(project);
  for (const subscriber of subscribers) {
    const sender = await senderOf(subscriber, process.env);
    try {
      const sent = await sender.send(event, stop.signal);
      report(subscriber, sent);
    } finally {
      await sender.close();
    }
    if (!stop.signal.aborted) continue;
    process.exitCode = stop.exitCode();
    return;
  }
}

function report({ name }: Subscriber, sent: Sent): void {
  switch (sent.kind) {
    case 'delivered':
      process.stdout.write(`${name}: delivered (${shown(sent.answer)})\n`);
      return;
    case 'aborted':
      return;
    default:
      process.exitCode = EXIT.failed;
      process.stderr.write(`stagelock: notify ${name}: ${shown(sent.why)}\n`);
  }
}

function testEvent({ name, file, builds }: Project): BuildEvent {
  const [build = name] = builds.keys();
  const run = randomBytes(8).toString('hex');
  const now = new Date().toISOString();
  return {
    version: 1,
    event: 'test',
    id: eventId('test', build, name, run),
    time: now,
    project: name,
    build,
    host: thisHost().name,
    run,
    uuid: uuidOf(run),
    began: now,
    headline: 'this is a test',
    message: ['A person tries out an entry of [[notify]]. No build has run.'],
    stages: [],
    failures: [],
    waitedMs: 0,
    waits: [],
    locks: [],
    toSeeMore: `stagelock --config ${shellWord(file)} notify`,
  };
}

async function sendNow(project: Project): Promise<void> {
  const stop: Stop = stopSignal();
  const all = await deliverEvents(project, {
    now: () => new Date(),
    environment: process.env,
    signal: stop.signal,
    atOnce: true,
    random: Math.random,
  });
  for (const { subscriber, delivery } of all) {
    const { delivered, problems, end } = delivery;
    if (delivered > 0) process.stdout.write(`${subscriber.name}: events delivered: ${delivered}\n`);
    for (const problem of problems) process.stderr.write(`stagelock: ${shown(problem)}\n`);
    if (problems.length > 0) process.exitCode = EXIT.failed;
    if (end.kind === 'busy') {
      process.stderr.write(`stagelock: another process is sending to ${subscriber.name}\n`);
      process.exitCode = EXIT.held;
    } else if (end.kind === 'put-off') {
      process.stderr.write(`stagelock: notify ${subscriber.name}: ${shown(end.why)}\n`);
      process.exitCode = EXIT.failed;
    }
  }
  if (stop.signal.aborted) process.exitCode = stop.exitCode();
}

/** What waits for entries that the configuration does not have any more, or has under another name. */
function explainForgotten({ scheduler, subscribers }: Project): string[] {
  const directory = join(scheduler.state, 'notify');
  const known = new Set(subscribers.map(({ name }) => name));
  return namesIn(directory)
    .filter((name) => !known.has(name) && hasEvents(join(directory, name)))
    .flatMap((name) => [
      `${shown(join(directory, name))} has events for an entry that [[notify]] does not have any more. To remove them:`,
      `  rm -r -- ${shellWord(join(directory, name))}`,
    ]);
}

function describeEvent({ name }: Subscriber, { event, since, tries, why }: SpooledEvent): string {
  const times = tries === 1 ? '1 attempt' : `${tries} attempts`;
  const what = `${name}: ${event.event} of ${shown(event.build, 64)}, since ${momentText(since)}, ${times}`;
  return why === '' ? what : `${what}\n  ${shown(why)}`;
}
