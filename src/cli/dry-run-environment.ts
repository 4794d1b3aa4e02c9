import type { StageForecast } from '../stages/forecast.js';
import { shown } from '../text/shown.js';

/** Names of variables that people put secrets into, although a configuration is no place for them. */
const SECRET_NAME = /PASS(?:WORD|WD|PHRASE)?$|PASSWORD|TOKEN|SECRET|CREDENTIAL|API_?KEY|PRIVATE_?KEY/i;
/** What a run sets differs from stage to stage only here. */
const OWN = /^STAGELOCK_/;

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
  const [first] = stages;
  if (first === undefined) return [];
  const { stage, environment } = first;
  const own = OWN_VARIABLES.filter((name) => environment[name] !== undefined && stage.environment[name] === undefined);
  const set = new Set([...own, ...stages.flatMap((each) => Object.keys(each.stage.environment))]);
  const inherited = Object.keys(environment).filter(
    (name) => environment[name] !== undefined && !set.has(name) && !OWN.test(name),
  );
  return [
    '  every stage also has, from stagelock:',
    ...own.map((name) => `    ${name}=${shown(environment[name] ?? '')}`),
    `    STAGELOCK_RUN and STAGELOCK_STAGE`,
    '  and what this process has (under cron that is less; values are not shown):',
    `    ${inherited
      .sort()
      .map((name) => shown(name, 100))
      .join(' ')}`,
    ...(secretVariables.size === 0 ? [] : [`  but not: ${[...secretVariables].sort().join(' ')}`]),
  ];
}

/** Those whose values are the same for all stages. */
const OWN_VARIABLES = [
  'STAGELOCK_BUILD',
  'STAGELOCK_SOURCE',
  'STAGELOCK_BUILD_DIR',
  'STAGELOCK_MODEL',
  'STAGELOCK_TAG',
  'STAGELOCK_BUILDSTAMP',
  'STAGELOCK_CTEST',
];
