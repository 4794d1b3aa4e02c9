import type { Project } from '../config/project.js';
import type { Host } from '../host/host.js';
import { type ProjectStatus, projectStatusOf, type ScheduledStatus } from '../scheduler/project-status.js';
import { Slices } from '../scheduler/slices.js';
import { pastAmong } from '../stages/build-past.js';
import { type BuildStatus, statusOfBuild } from '../stages/status.js';
import type { Histories } from './histories.js';

/** A status is used by other requests for so long. */
const FRESH_MS = 1000;

export interface Snapshot extends ProjectStatus {
  readonly now: Date;
}

export type { ScheduledStatus };

interface Taken {
  readonly atMs: number;
  readonly snapshot: Promise<Snapshot>;
}

/**
 * The status of projects for pages: looked at when it is asked for, build by build, so that hundreds of builds keep no other request
 * waiting, and once for all who ask at the same time.
 */
export class Snapshots {
  readonly #host: Host;
  readonly #histories: Histories;
  readonly #slices = new Slices(() => undefined);
  readonly #taken = new Map<Project, Taken>();

  constructor(host: Host, histories: Histories) {
    this.#host = host;
    this.#histories = histories;
  }

  /** @throws the system's error when the state of the schedulers or the spool of mails cannot be read */
  of(project: Project): Promise<Snapshot> {
    const atMs = performance.now();
    for (const [known, { atMs: then }] of this.#taken) if (atMs - then > FRESH_MS) this.#taken.delete(known);
    const taken = this.#taken.get(project) ?? { atMs, snapshot: this.#take(project) };
    this.#taken.set(project, taken);
    return taken.snapshot;
  }

  async #take(project: Project): Promise<Snapshot> {
    const past = (directory: string) => pastAmong(this.#histories.newest(directory));
    const builds: BuildStatus[] = [];
    for (const build of project.builds.values()) {
      builds.push(await this.#slices.run(() => statusOfBuild(build, this.#host, project.file, past)));
    }
    const now = new Date();
    return { ...projectStatusOf(project, builds, this.#host, now), now };
  }
}
