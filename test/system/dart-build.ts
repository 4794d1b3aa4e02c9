import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STAGELOCK } from './programs.js';

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A build directory that CMake has configured for CTest, by the only file of it that counts here. */
export class DartBuild {
  readonly root = mkdtempSync(join(tmpdir(), 'dart-build-'));
  readonly source: string;
  readonly directory = join(this.root, 'build');
  /** Of everything that is started; git finds no configuration of a person's. */
  readonly environment: NodeJS.ProcessEnv;

  /** @param source below the root */
  constructor(source = 'source') {
    this.source = join(this.root, source);
    this.environment = { PATH: process.env['PATH'], HOME: this.root, GIT_CONFIG_NOSYSTEM: '1', TZ: 'UTC' };
    mkdirSync(this.directory);
    mkdirSync(this.source, { recursive: true });
  }

  /** Writes the configuration; entries that are undefined are left out. */
  configure(entries: Readonly<Record<string, string | undefined>>): this {
    const all = {
      SourceDirectory: this.source,
      BuildDirectory: this.directory,
      Site: 'here',
      BuildName: 'ctest',
      NightlyStartTime: '00:00:00 EDT',
      MakeCommand: '/bin/true',
      ...entries,
    };
    const lines = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : `${key}: ${value}\n`));
    writeFileSync(join(this.directory, 'DartConfiguration.tcl'), lines.join(''));
    return this;
  }

  /** Runs `stagelock` for this build directory. */
  stagelock(...args: readonly string[]): Said {
    return this.run(process.execPath, [STAGELOCK, '--build-dir', this.directory, ...args]);
  }

  /** Runs ctest in the build directory. */
  ctest(...args: readonly string[]): Said {
    return this.run('ctest', args);
  }

  run(program: string, args: readonly string[], cwd = this.directory): Said {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd, env: this.environment, encoding: 'utf8' });
    return { code: status, stdout, stderr };
  }

  /** The lines of `Testing/TAG`. */
  get tag(): string[] {
    return readFileSync(join(this.directory, 'Testing', 'TAG'), 'utf8')
      .trimEnd()
      .split('\n');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
