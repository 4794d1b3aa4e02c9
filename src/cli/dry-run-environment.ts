import { RUN_VARIABLE } from '../processes/members.js';
import type { StageForecast } from '../stages/forecast.js';
import { STAGE_VARIABLE } from '../stages/stage-command.js';
import { shown } from '../text/shown.js';

/** Names of variables that people put secrets into, although a configuration is no place for them. */
const SECRET_NAME = /PASS(?:WORD|WD|PHRASE)?$|PASSWORD|TOKEN|SECRET|CREDENTIAL|API_?KEY|PRIVATE_?KEY/i;
/** What stagelock sets for each run and each stage anew. */
const CHANGING: readonly string[] = [RUN_VARIABLE, STAGE_VARIABLE];

/** What the configuration sets for a stage. */
export function environmentLines({ stage }: StageForecast, secretVariables: ReadonlySet<string>): string[] {
  return Object.entries(stage.environment).map(([name, value]) => {
    const isSecret = secretVariables.has(name) || SECRET_NAME.test(name);
    return `    ${shown(name)}=${isSecret ? '(not shown)' : shown(value)}`;
  });
}

/** What every stage has besides: of stagelock with its value, of this process only by its name. */
export function sharedEnvironmentLines(
  stages: readonly StageForecast[],
  secretVariables: ReadonlySet<string>,
): string[] {
  if (stages.length === 0) return [];
  // What the configuration sets is said of each stage.
  const others = new Set(
    stages.flatMap(({ stage, environment }) =>
      Object.keys(environment).filter((name) => environment[name] !== undefined && !(name in stage.environment)),
    ),
  );
  const own = OWN_VARIABLES.filter((name) => others.has(name));
  const inherited = [...others].filter((name) => !OWN_VARIABLES.includes(name) && !CHANGING.includes(name));
  return [
    '  every stage also has, from stagelock:',
    ...own.map((name) => `    ${name}=${shown(valueOutside(stages, name))}`),
    `    ${CHANGING.join(' and ')}, which differ`,
    '  and what this process has (under cron that is less; values are not shown):',
    `    ${inherited
      .sort()
      .map((name) => shown(name, 100))
      .join(' ')}`,
    ...(secretVariables.size === 0 ? [] : [`  but not: ${[...secretVariables].sort().join(' ')}`]),
  ];
}

/** The value that a variable has where no table of the configuration sets it. */
function valueOutside(stages: readonly StageForecast[], name: string): string {
  return stages.find(({ stage }) => !(name in stage.environment))?.environment[name] ?? '';
}

/** Those whose values are the same for all stages. */
const OWN_VARIABLES: readonly string[] = [
  'STAGELOCK_BUILD',
  'STAGELOCK_SOURCE',
  'STAGELOCK_BUILD_DIR',
  'STAGELOCK_MODEL',
  'STAGELOCK_TAG',
  'STAGELOCK_BUILDSTAMP',
  'STAGELOCK_CTEST',
];
