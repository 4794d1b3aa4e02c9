// An update that finds nothing, by stagelock and by CTest, on the same repository.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { internal } from './internals.mjs';
import { commandMs, interleaved } from './measure.mjs';
import { environment, withProject } from './project.mjs';

const ROUNDS = 15;

export function bench() {
  return withProject(async ({ root, source, command }) => {
    const build = join(root, 'ctest');
    mkdirSync(build);
    // What CTest reads instead of a project of CMake.
    writeFileSync(
      join(build, 'DartConfiguration.tcl'),
      [
        `SourceDirectory: ${source}`,
        `BuildDirectory: ${build}`,
        'Site: bench',
        'BuildName: bench',
        'NightlyStartTime: 00:00:00 UTC',
        'UpdateCommand: git',
        'UpdateType: git',
        'GITCommand: git',
        'TimeOut: 1500',
        '',
      ].join('\n'),
    );
    execFileSync(process.execPath, command('main'), { env: environment, stdio: 'ignore' });
    const { versionControlOf } = await internal('updates/chosen-system.ts');
    const update = { type: 'git', remote: 'origin', branch: 'main', mode: 'fast-forward', timeoutMs: 60_000 };
    const system = await versionControlOf(update, build);
    const stage = async () => {
      const began = performance.now();
      const fetched = await system.fetch({ source, timeoutMs: 60_000, environment });
      if (fetched.news !== false) throw new Error(JSON.stringify(fetched));
      return performance.now() - began;
    };
    const ctest = (...args) => commandMs('ctest', ['-M', 'Continuous', ...args], { cwd: build, env: environment });
    const ms = await interleaved(
      {
        stage,
        start: () => ctest('-T', 'Start'),
        ours: () => commandMs(process.execPath, command('main'), { env: environment }),
        theirs: () => ctest('-T', 'Start', '-T', 'Update'),
      },
      ROUNDS,
    );
    return [
      {
        what: 'the stage update without news',
        against: 'ctest -T Update, without its start',
        value: ms.stage / (ms.theirs - ms.start),
        atMost: 1,
        context: `${ms.stage.toFixed(0)} ms against ${(ms.theirs - ms.start).toFixed(0)} ms`,
      },
      {
        what: 'stagelock run without news, the whole process',
        against: 'ctest -T Start -T Update',
        value: ms.ours / ms.theirs,
        context: `${ms.ours.toFixed(0)} ms against ${ms.theirs.toFixed(0)} ms`,
      },
    ];
  });
}
