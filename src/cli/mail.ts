import type { Project } from '../config/project.js';
import { deliverWaiting } from '../mail/deliver-waiting.js';
import { mailSpoolOf } from '../mail/post-office.js';
import { mailsOf } from '../mail/project-mails.js';
import type { SpooledLetter } from '../mail/spool.js';
import { adviceOnSecret, passwordOf } from '../secrets/advice.js';
import { jsonText } from '../text/json.js';
import { momentText } from '../text/moment.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { type GlobalOptions, projectOf } from './project-of.js';
import { stopSignal } from './stop-signal.js';

/** `stagelock mail [--send]` */
export async function mailCommand(
  options: GlobalOptions,
  { send = false, json = false }: { readonly send?: boolean; readonly json?: boolean },
): Promise<void> {
  const project = projectOf(options);
  if (project.mail === undefined) throw new Refusal(EXIT.usage, `${project.file}: there is no table [mail]`);
  if (send) await sendNow(project);
  const { waiting, failed, noWay, problems } = mailsOf(project);
  if (json) {
    process.stdout.write(`${jsonText({ waiting, failed, noWay, problems }, 2)}\n`);
    return;
  }
  for (const problem of problems) process.stderr.write(`stagelock: ${shown(problem)}\n`);
  if (noWay !== undefined)
    process.stdout.write(
      `no mail has been sent since ${momentText(noWay.since)}: ${shown(noWay.name)}: ${shown(noWay.why)}\n`,
    );
  for (const letter of waiting) process.stdout.write(`${describeLetter(letter)}\n`);
  for (const letter of failed) process.stdout.write(`${describeLetter(letter)}\n`);
  if (waiting.length + failed.length === 0)
    process.stdout.write(`no mails are waiting in ${shown(mailSpoolOf(project))}\n`);
}

async function sendNow(project: Project): Promise<void> {
  const stop = stopSignal();
  const context = { now: () => new Date(), environment: process.env, signal: stop.signal, atOnce: true };
  const delivery = await deliverWaiting(project, context);
  if (delivery === undefined) return;
  const { delivered, problems, end } = delivery;
  if (delivered > 0) process.stdout.write(`mails delivered: ${delivered}\n`);
  for (const problem of problems) process.stderr.write(`stagelock: ${shown(problem)}\n`);
  if (problems.length > 0) process.exitCode = EXIT.failed;
  if (end.kind === 'busy') {
    process.stderr.write(`stagelock: another process is sending from ${shown(mailSpoolOf(project))}\n`);
    process.exitCode = EXIT.held;
  } else if (end.kind === 'put-off') {
    process.stderr.write(`stagelock: not sent: ${shown(end.why)}\n`);
    for (const line of adviceOnSecret(passwordOf(project.mail))) process.stderr.write(`${shown(line)}\n`);
    process.exitCode = EXIT.failed;
  } else if (end.kind === 'aborted') {
    process.exitCode = stop.exitCode();
  }
}

function describeLetter({ letter, since, tries, waiting, refused }: SpooledLetter): string {
  const times = tries === 1 ? '1 attempt' : `${tries} attempts`;
  return [
    `"${shown(letter.subject, 300)}", since ${momentText(since)}, ${times}`,
    ...waiting.map(({ address, why }) => `  waits for ${shown(address)}${why === '' ? '' : `: ${shown(why)}`}`),
    ...refused.map(({ address, why }) => `  could not be delivered to ${shown(address)}: ${shown(why)}`),
  ].join('\n');
}
