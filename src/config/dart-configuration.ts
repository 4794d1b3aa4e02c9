import { wordsOf } from '../text/words.js';
import { isOn } from './cmake-values.js';
import type { CTestSubmission } from './ctest-submission.js';
import type { CTestUpdate } from './ctest-update.js';
import type { Finding } from './problem.js';
import type { ConfigTables, StageTable } from './schema.js';

/** The name of the file that CMake writes for CTest into a build directory. */
export const DART_CONFIGURATION = 'DartConfiguration.tcl';

/**
 * Reads the entries `Name: value` of a `DartConfiguration.tcl`. CTest takes everything behind the colon, without the blanks
 * around it, and joins a line that ends in a backslash with the next one; what CMake did not know is empty, or ends in `-NOTFOUND`.
 */
export function readDartConfiguration(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.replaceAll(/\\\r?\n[ \t]*/g, ' ').split(/\r?\n/)) {
    const match = /^[ \t]*([A-Za-z][A-Za-z0-9]*):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (match?.[1] !== undefined) entries.set(match[1], /-NOTFOUND$/.test(match[2] ?? '') ? '' : (match[2] ?? ''));
  }
  return entries;
}

/** What else is known of a build. */
export interface BuildFacts {
  /** A valid build name. */
  readonly name: string;
  readonly update: CTestUpdate;
  readonly submission: CTestSubmission;
  /** The program, absolute or as the PATH finds it. */
  readonly ctest: string;
}

/**
 * What `stagelock.toml` would say for a build that CMake has configured for CTest: update, configure, build and test, all as
 * `ctest -D Experimental` does them.
 */
export function tablesOf(
  dart: ReadonlyMap<string, string>,
  { name, update, submission, ctest }: BuildFacts,
): { readonly tables: ConfigTables; readonly findings: readonly Finding[] } {
  const of = (key: string): string => dart.get(key) ?? '';
  const findings: Finding[] = [];
  for (const key of ['SourceDirectory', 'BuildDirectory']) {
    if (of(key) === '')
      findings.push({ path: [key], message: `${key} is missing; CMake writes it with include(CTest)` });
  }
  if (of('MakeCommand') === '') {
    const message = 'MakeCommand is missing, so nothing would be built; CMake writes it with include(CTest)';
    findings.push({ path: ['MakeCommand'], message });
  }
  const stages: Record<string, StageTable> = {};
  const configuration = of('DefaultCTestConfigurationType') || 'Release';
  for (const [stage, key] of [
    ['configure', 'ConfigureCommand'],
    ['build', 'MakeCommand'],
  ] as const) {
    const command = wordsOf(of(key).replaceAll(/\$\{?CTEST_CONFIGURATION_TYPE\}?/g, configuration));
    // CTest continues after both, and counts the errors in the log of a build, whatever make says (`make -i`).
    if (command.length > 0) stages[stage] = { command, on_failure: 'continue' };
  }
  if (stages['build'] !== undefined) {
    // Only CTest can collect what its launchers recorded of single compiles.
    const launched = isOn(of('UseLaunchers')) && { command: [ctest, '-T', 'Build'] };
    stages['build'] = { ...stages['build'], ...launched, errors: 'fail' };
  }
  stages['test'] = { command: [ctest, '-T', 'Test'] };
  if (of('CoverageCommand') !== '') {
    // Also of tests that failed.
    stages['test'] = { ...stages['test'], on_failure: 'continue' };
    stages['coverage'] = { command: [ctest, '-T', 'Coverage'] };
  }
  const site = of('Site');
  return {
    findings,
    tables: {
      project: {
        name,
        ...(site !== '' && { site }),
      },
      builds: {
        [name]: {
          directory: of('BuildDirectory'),
          ...(of('BuildName') !== '' && { report_name: of('BuildName') }),
          source: of('SourceDirectory'),
          model: 'Experimental',
          stages,
          ...(update.kind === 'update' && { update: update.table }),
          ...(submission.kind === 'submit' && { submit: submission.table }),
        },
      },
    },
  };
}

/** What may be the cmake that has configured the build, or the program that has started it. */
export function cmakesOf(dart: ReadonlyMap<string, string>): readonly string[] {
  const words = wordsOf(dart.get('ConfigureCommand') ?? '');
  return [...words.slice(0, 1), dart.get('CMakeCommand') ?? ''];
}
