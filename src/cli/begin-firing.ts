import type { Build, Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { parseFiring } from '../scheduler/firing.js';
import { FiringBook } from '../scheduler/firing-book.js';
import { EXIT, Refusal } from './exit.js';

/** The first step of a run that a scheduler has started. @returns whether it is the only one of its firing */
export function beginFiring({ scheduler }: Project, { name }: Build, firingName: string): boolean {
  const firing = parseFiring(firingName);
  if (firing === undefined) {
    throw new Refusal(EXIT.usage, `--firing ${firingName} is not a name that a scheduler gives`);
  }
  const book = new FiringBook(scheduler.state, name);
  const { name: host, pid } = thisHost();
  // The other one has the log by now, so there is no word of it.
  return book.begin(firing, { host, pid });
}
