import { replaceAtomically } from '../files/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';
import { familiesOf } from '../metrics/build-metrics.js';
import { objectFamiliesIn } from '../metrics/object-metrics.js';
import { type Family, prometheusText } from '../metrics/text-format.js';
import { projectStatus } from '../scheduler/project-status.js';
import { errorText } from '../text/error-text.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { type GlobalOptions, projectOf } from './project-of.js';

export interface MetricsOptions {
  readonly output?: string;
  /** What CT_LOCK_LOG names. */
  readonly lockLog?: string;
}

/** `stagelock metrics [--output FILE] [--lock-log FILE]` */
export async function metricsCommand(options: GlobalOptions, { output, lockLog }: MetricsOptions): Promise<void> {
  const project = projectOf(options);
  const now = new Date();
  const families = familiesOf(project.name, projectStatus(project, thisHost(), now), now);
  const text = prometheusText(lockLog === undefined ? families : [...families, ...(await familiesIn(lockLog))]);
  // node_exporter must never read half a file, and is another user.
  if (output === undefined) process.stdout.write(text);
  else replaceAtomically(output, text, 0o644);
}

async function familiesIn(lockLog: string): Promise<Family[]> {
  try {
    return await objectFamiliesIn(lockLog);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new Refusal(EXIT.usage, `--lock-log ${shown(lockLog)} cannot be read: ${errorText(error)}`);
  }
}
