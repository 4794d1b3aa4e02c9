import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, start as startHelper, temporaryDirectory } from './helper.js';

/** What a directory of a host has in its `[coordination]`. */
export interface HostOptions {
  readonly endpoints: readonly string[];
  readonly name?: string;
  /** Further lines. */
  readonly more?: string;
}

/** A project of a host of its own, in a directory of its own: what the hosts of a test share is their etcd. */
export class HostDirectory {
  readonly root: string;

  constructor({ endpoints, name = 'alpha', more = '' }: HostOptions) {
    this.root = temporaryDirectory();
    const coordination = `etcd = ${JSON.stringify(endpoints)}\nhost = "${name}"\n${more}\n`;
    const build = '[builds.b]\ndirectory = "b"\nsource = "."\n[builds.b.stages.build]\ncommand = ["true"]\n';
    writeFileSync(
      join(this.root, 'stagelock.toml'),
      `[project]\nname = "shared"\n[coordination]\nlease = "10 s"\nrequest_timeout = "2 s"\n${coordination}${build}`,
    );
    mkdirSync(join(this.root, 'objects'));
  }

  readonly path = (name: string): string => join(this.root, name);

  /** Starts ct-lock-helper in the directory of its objects. */
  readonly start = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Running =>
    startHelper(args, { cwd: this.path('objects'), env: { ...process.env, ...environment } });
}
