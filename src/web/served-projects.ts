import { statSync } from 'node:fs';
import type { Loaded } from '../config/load.js';
import { formatProblems } from '../config/problem.js';
import type { Project } from '../config/project.js';

/** A project as pages show it. */
export interface ServedProject {
  /** Its name in addresses; of two projects with one name the second has a number. */
  readonly slug: string;
  /** As its configuration was when it could be read last. */
  readonly project: Project;
  /** Why its present configuration is not used. */
  readonly problem: string | undefined;
}

interface Served extends ServedProject {
  readonly file: string;
  readonly identity: string;
}

/** The projects of some configurations, which are read again when they change. */
export class ServedProjects {
  readonly #load: (file: string) => Loaded;
  #served: readonly Served[];

  /** @throws an Error with all problems when one of them cannot be read at the beginning */
  constructor(files: readonly string[], load: (file: string) => Loaded) {
    this.#load = load;
    const names = new Map<string, number>();
    this.#served = files.map((file) => {
      const identity = identityOf(file);
      const loaded = load(file);
      if (loaded.kind === 'invalid') throw new Error(formatProblems(loaded.problems).join('\n'));
      const { name } = loaded.project;
      const count = (names.get(name) ?? 0) + 1;
      names.set(name, count);
      return {
        file,
        identity,
        project: loaded.project,
        slug: count === 1 ? name : `${name}-${count}`,
        problem: undefined,
      };
    });
  }

  all(): readonly ServedProject[] {
    this.#served = this.#served.map((served) => this.#current(served));
    return this.#served;
  }

  find(slug: string): ServedProject | undefined {
    return this.all().find((served) => served.slug === slug);
  }

  #current(served: Served): Served {
    const identity = identityOf(served.file);
    if (identity === served.identity) return served;
    // To open a FIFO would wait for its writer.
    if (identity === NO_FILE)
      return { ...served, identity, problem: `${served.file} is not a regular file, or is gone` };
    const loaded = this.#load(served.file);
    if (loaded.kind === 'loaded') return { ...served, identity, project: loaded.project, problem: undefined };
    return { ...served, identity, problem: formatProblems(loaded.problems).join('\n') };
  }
}

const NO_FILE = 'none';

function identityOf(file: string): string {
  try {
    const stat = statSync(file);
    const { ino, size, mtimeMs, ctimeMs } = stat;
    if (!stat.isFile()) return NO_FILE;
    return `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return NO_FILE;
  }
}
