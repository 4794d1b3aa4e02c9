import { replaceAtomically } from '../files/atomic-file.js';
import { thisHost } from '../host/host.js';
import { familiesOf } from '../metrics/build-metrics.js';
import { prometheusText } from '../metrics/text-format.js';
import { projectStatus } from '../scheduler/project-status.js';
import { type GlobalOptions, projectOf } from './project-of.js';

/** `stagelock metrics [--output FILE]` */
export function metricsCommand(options: GlobalOptions, { output }: { readonly output?: string }): void {
  const project = projectOf(options);
  const now = new Date();
  const text = prometheusText(familiesOf(project.name, projectStatus(project, thisHost(), now), now));
  // node_exporter must never read half a file, and is another user.
  if (output === undefined) process.stdout.write(text);
  else replaceAtomically(output, text, 0o644);
}
