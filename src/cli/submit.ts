import type { Build } from '../config/project.js';
import { adviceOnSecret, tokenOf } from '../secrets/advice.js';
import { deliverSpool } from '../stages/report-delivery.js';
import { waitingText } from '../stages/submission.js';
import { hasSubmissions, spoolOf } from '../submission/spool.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';
import { type Stop, stopSignal } from './stop-signal.js';

/** `stagelock submit [BUILD]`: delivers now what earlier runs could not, without waiting until it is due. */
export async function submitCommand(options: GlobalOptions, name: string | undefined): Promise<void> {
  const project = projectOf(options);
  const builds = name === undefined ? [...project.builds.values()] : [buildOf(project, name)];
  const submitting = builds.filter(({ submission }) => submission !== undefined);
  if (submitting.length === 0) {
    const why = builds[0]?.withoutSubmission?.message ?? 'there is no [builds.NAME.submit]';
    throw new Refusal(EXIT.usage, `${name ?? project.name} submits nothing: ${shown(why)}`);
  }
  const stop = stopSignal();
  for (const build of submitting) {
    await submit(build, stop);
    if (!stop.signal.aborted) continue;
    process.exitCode = stop.exitCode();
    stop.dieIfHungUp();
    return;
  }
}

async function submit(build: Build, { signal }: Stop): Promise<void> {
  const spool = spoolOf(build.directory);
  if (!hasSubmissions(spool)) {
    process.stdout.write(`${build.name}: no reports are waiting in ${shown(spool)}\n`);
    return;
  }
  const context = { now: () => new Date(), environment: process.env, signal };
  const { delivered, problems, left, end } = await deliverSpool(build, context, true);
  if (delivered > 0)
    process.stdout.write(`${build.name}: submitted ${delivered} report${delivered === 1 ? '' : 's'}\n`);
  const all = end.kind === 'put-off' ? [...problems, end.why] : problems;
  for (const problem of all) process.stderr.write(`stagelock: ${build.name}: submit: ${shown(problem)}\n`);
  if (end.kind === 'put-off') {
    for (const line of adviceOnSecret(tokenOf(build.submission))) process.stderr.write(`${shown(line)}\n`);
  }
  if (end.kind === 'busy') {
    process.exitCode = EXIT.held;
    process.stderr.write(`stagelock: ${build.name}: another process is submitting from ${shown(spool)}\n`);
  } else if (left.count > 0) {
    process.exitCode = EXIT.failed;
    process.stderr.write(`stagelock: ${build.name}: ${shown(waitingText(left))}\n`);
  }
}
