import type { Build, Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { parseFiring } from '../scheduler/firing.js';
import { FiringBook } from '../scheduler/firing-book.js';
import { EXIT, Refusal } from './exit.js';

/**
 * The first step of a run that a scheduler has started.
 *
 * Where hosts share more than a disk, etcd decides first and the book of this host afterwards: a firing that this host cannot begin
 * since etcd is away from it is not spent for another one.
 *
 * @returns whether it is the only one of its firing
 */
export async function beginFiring(
  { scheduler, coordination }: Project,
  { name }: Build,
  firingName: string,
): Promise<boolean> {
  const firing = parseFiring(firingName);
  if (firing === undefined) {
    throw new Refusal(EXIT.usage, `--firing ${firingName} is not a name that a scheduler gives`);
  }
  const book = new FiringBook(scheduler.state, name);
  const { name: host, pid } = thisHost();
  if (coordination !== undefined) {
    const { beginSharedFiring } = await import('../coordination/shared-firings.js');
    if (!(await beginSharedFiring(coordination, name, firing.name))) {
      book.begin(firing, { host, pid });
      return false;
    }
  }
  // The other one has the log by now, so there is no word of it.
  return book.begin(firing, { host, pid });
}
