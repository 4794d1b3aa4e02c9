import { formatProblems } from '../config/problem.js';
import type { Build, Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { userName } from '../host/user-name.js';
import { forecastOf, outlookOf } from '../stages/forecast.js';
import { primaryOf } from '../stages/primary-of.js';
import { PATIENCE_MS } from '../updates/remote-problems.js';
import { beginLines, outlookLine, reportLines, sourceLines, stageLines } from './dry-run-lines.js';
import { EXIT } from './exit.js';
import { problemsOf } from './project-problems.js';
import { crontabIfAny } from './user-crontab.js';

/** `stagelock run BUILD --dry-run`: says what a run would do, and changes nothing. */
export async function dryRun(project: Project, build: Build, { force }: { readonly force: boolean }): Promise<void> {
  const host = thisHost();
  const now = new Date();
  const forecast = await forecastOf(project, build, { host, now, environment: process.env, patienceMs: PATIENCE_MS });
  const context = { host, now, configFile: project.file, builds: project.builds };
  const outlook = outlookOf(forecast, force);
  const { coordination } = project;
  const shared =
    coordination === undefined
      ? []
      : await (await import('./dry-run-in-etcd.js')).linesOfEtcd(coordination, build, context);
  const lines = [
    `${build.name} (${build.role}): what a run would do now; this changes nothing`,
    ...beginLines(forecast, context),
    ...shared,
    ...sourceLines(forecast),
    outlookLine(outlook, forecast),
    ...stageLines(forecast, project),
    ...reportLines(forecast, project, userName()),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  // Those of other builds are for `check`.
  const concerned = [primaryOf(build), build].map((each) => [each.name, each] as const);
  const { remote, head } = forecast.source ?? {};
  const problems = [
    ...problemsOf({ ...project, builds: new Map(concerned) }, crontabIfAny()),
    ...(remote?.kind === 'silent' ? [{ file: project.file, message: remote.message }] : []),
    ...(head?.kind === 'failed' ? [{ file: project.file, message: head.message }] : []),
    ...(forecast.pending.kind === 'lost' ? [{ file: project.file, message: forecast.pending.message }] : []),
  ];
  if (problems.length === 0 && forecast.refusal === undefined) return;
  for (const text of formatProblems(problems)) process.stderr.write(`${text}\n`);
  process.exitCode = EXIT.usage;
}
