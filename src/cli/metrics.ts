import { replaceAtomically } from '../files/atomic-file.js';
import { thisHost } from '../host/host.js';
import { mailsOf } from '../mail/project-mails.js';
import { familiesOf } from '../metrics/build-metrics.js';
import { prometheusText } from '../metrics/text-format.js';
import { statusOf } from '../stages/status.js';
import { type GlobalOptions, projectOf } from './project-of.js';

/** `stagelock metrics [--output FILE]` */
export function metricsCommand(options: GlobalOptions, { output }: { readonly output?: string }): void {
  const project = projectOf(options);
  const mails = project.mail === undefined ? undefined : mailsOf(project);
  const figures = {
    project: project.name,
    now: new Date(),
    mails: mails && { waiting: mails.waiting.length, failed: mails.failed.length },
  };
  const text = prometheusText(familiesOf(statusOf(project, thisHost()), figures));
  // node_exporter must never read half a file, and is another user.
  if (output === undefined) process.stdout.write(text);
  else replaceAtomically(output, text, 0o644);
}
