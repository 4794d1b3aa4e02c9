import { errorText } from '../text/error-text.js';
import type { Run } from './run.js';

/**
 * Removes old logs of the build of a run that holds its locks. A log too many is no reason for a run to fail, and neither is a stagelock
 * that was upgraded meanwhile.
 */
export async function tidyLogs({ build, context }: Run): Promise<void> {
  try {
    const { removeOldLogs } = await import('./old-logs.js');
    removeOldLogs(build);
  } catch (error) {
    context.report({ kind: 'warning', text: `old logs could not be removed: ${errorText(error)}` });
  }
}
