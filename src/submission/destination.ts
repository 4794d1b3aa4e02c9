import type { Submission } from '../config/project.js';
import { DropBox } from './drop-box.js';
import type { Destination } from './sending.js';

/** Where reports go by the configuration. What HTTP needs is loaded only for those that need it. */
export async function destinationOf(settings: Submission, environment: NodeJS.ProcessEnv): Promise<Destination> {
  if (settings.type === 'directory') return new DropBox(settings);
  const { CDash } = await import('./cdash.js');
  return new CDash(settings, environment);
}
