// A primary and a secondary on a real git clone, for the benchmarks that run the program.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const STAGELOCK = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'stagelock.js');

/** Neither the machine's nor the user's configuration of git takes part. */
export const environment = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.org',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.org',
};

/** @param use gets the project; its directory is removed afterwards */
export async function withProject(use) {
  const root = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    const source = join(root, 'source');
    const git = (cwd, ...args) => execFileSync('git', args, { cwd, env: environment, stdio: 'ignore' });
    const origin = join(root, 'origin');
    mkdirSync(origin);
    git(origin, '-c', 'init.defaultBranch=main', 'init');
    const commit = () => git(origin, 'commit', '--allow-empty', '-m', 'A change');
    commit();
    git(root, 'clone', origin, source);
    const config = join(root, 'stagelock.toml');
    writeFileSync(
      config,
      `[project]
name = "Bench"

[defaults]
source = "source"
model = "Continuous"

[defaults.stages.build]
command = ["true"]

[builds.main]
directory = "main"

[builds.main.update]
type = "git"
remote = "origin"
branch = "main"

[builds.second]
primary = "main"
directory = "second"
`,
    );
    const temporary = join(root, 'main', 'Testing', 'Temporary');
    return await use({
      root,
      source,
      temporary,
      commit,
      command: (build) => [STAGELOCK, 'run', '--config', config, build],
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
