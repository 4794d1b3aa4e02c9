import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPart } from '../files/file-part.js';
import { runTool, type ToolResult } from '../updates/tool.js';
import { GROUPS } from './log-scan/cmake-expression.js';
import { type LineJudge, lineJudge, type OwnExpressions } from './log-scan/line-judge.js';
import { CTEST_LIMITS, type ScanLimits } from './log-scan/scan.js';

/** How a project wants its build logs to be judged. */
export interface CTestCustom {
  readonly judge: LineJudge;
  readonly limits: ScanLimits;
  /** What went wrong on the way; empty when all of it was read. */
  readonly problem: string;
}

interface Surroundings {
  /** The program. */
  readonly cmake: string;
  /** The whole environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Reading some variables takes cmake milliseconds; what takes so long hangs. */
const TIMEOUT_MS = 60_000;
/** The longest output about variables, in bytes; their last values come last. */
const LONGEST = 4 * 1024 * 1024;

const LISTS = {
  error: 'CTEST_CUSTOM_ERROR_MATCH',
  notError: 'CTEST_CUSTOM_ERROR_EXCEPTION',
  warning: 'CTEST_CUSTOM_WARNING_MATCH',
  notWarning: 'CTEST_CUSTOM_WARNING_EXCEPTION',
} as const;

const NUMBERS = {
  errors: 'CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS',
  warnings: 'CTEST_CUSTOM_MAXIMUM_NUMBER_OF_WARNINGS',
  before: 'CTEST_CUSTOM_ERROR_PRE_CONTEXT',
  after: 'CTEST_CUSTOM_ERROR_POST_CONTEXT',
} as const;

/** The variable of each kind of expression. */
export const VARIABLES: Readonly<Record<keyof OwnExpressions, string>> = LISTS;

/**
 * What the `CTestCustom.cmake` of a build directory says, or else its `CTestCustom.ctest` with all of that name below it, as ctest
 * looks for them. CMake itself reads them, each time: what they say may depend on anything. Undefined when there is
 * none.
 *
 * @throws StillRunning when cmake cannot be ended; the system's error when there is no place for temporary files. Everything else is a
 *   value; what could be read counts, as for ctest
 */
export async function readCTestCustom(directory: string, around: Surroundings): Promise<CTestCustom | undefined> {
  const files = ['CTestCustom.cmake', 'CTestCustom.ctest'];
  const file = files.map((name) => `${directory}/${name}`).find((path) => existsSync(path));
  if (file === undefined) return undefined;
  // Not by pipes: Node's are sockets, which CMake cannot open by a name. A process that is killed here leaves this directory to the system.
  const place = mkdtempSync(join(tmpdir(), 'stagelock-custom-'));
  try {
    return await readBy(file, directory, place, around);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function readBy(file: string, directory: string, place: string, around: Surroundings): Promise<CTestCustom> {
  const [script, output] = [join(place, 'read.cmake'), join(place, 'told')];
  const mark = randomBytes(16).toString('hex');
  writeFileSync(script, scriptWith(mark));
  writeFileSync(output, '');
  const run = await runTool({
    argv: [around.cmake, `-DDIRECTORY=${directory}`, `-DOUTPUT=${output}`, '-P', script],
    directory,
    environment: around.environment,
    timeoutMs: TIMEOUT_MS,
    graceMs: 1000,
    signal: around.signal,
  });
  return { ...customFrom(recordsIn(endOf(output), mark)), problem: problemOf(file, run) };
}

function problemOf(file: string, run: ToolResult): string {
  switch (run.kind) {
    case 'ok':
    case 'aborted':
      return '';
    case 'not-found':
      return `${file} is ignored: ${run.message}`;
    default: {
      const why = run.kind === 'timed-out' ? `did not end within ${TIMEOUT_MS / 1000} s` : 'has errors';
      const said = run.stderr.trim();
      return `${file} ${why}; what it set before that is used${said === '' ? '' : `: ${said}`}`;
    }
  }
}

/** The end of a file, one character for each byte. */
function endOf(file: string): string {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const length = Math.min(size, LONGEST);
    return readPart(fd, size - length, length).toString('latin1');
  } finally {
    closeSync(fd);
  }
}

/** By name the value of each variable, split where it is a list; one character for each byte. */
type Variables = ReadonlyMap<string, readonly string[]>;

function customFrom(variables: Variables): Pick<CTestCustom, 'judge' | 'limits'> {
  const list = (name: string): readonly string[] => variables.get(name) ?? [];
  const number = (name: string): number | undefined => {
    const [text] = list(name);
    return text === undefined ? undefined : Number.parseInt(text, 10) || 0;
  };
  // Of contexts, -1 is as if nothing was said, and any other negative number is a large one.
  const context = (name: string, preset: number): number => {
    const wanted = number(name) ?? -1;
    return wanted === -1 ? preset : wanted < 0 ? Number.POSITIVE_INFINITY : wanted;
  };
  const [major = 0, minor = 0] = (list('CMAKE_VERSION')[0] ?? '').split('.').map(Number);
  const groups = major > 3 || (major === 3 && minor >= 26) ? GROUPS : 9;
  const own = {
    error: list(LISTS.error),
    notError: list(LISTS.notError),
    warning: list(LISTS.warning),
    notWarning: list(LISTS.notWarning),
  };
  return {
    judge: lineJudge(own, groups),
    limits: {
      errors: number(NUMBERS.errors) ?? CTEST_LIMITS.errors,
      warnings: number(NUMBERS.warnings) ?? CTEST_LIMITS.warnings,
      before: context(NUMBERS.before, CTEST_LIMITS.before),
      after: context(NUMBERS.after, CTEST_LIMITS.after),
    },
  };
}

/**
 * Tells each variable when it changes, so that an error later in a file costs nothing, and all of them at the end. The length of each value stands before it:
 * a value may have anything in it.
 */
function scriptWith(mark: string): string {
  const watched = [...Object.values(LISTS), ...Object.values(NUMBERS)];
  return `function(stagelock_tell name access value)
  if(NOT access MATCHES "^(MODIFIED_ACCESS|REMOVED_ACCESS|IS)$")
    return()
  endif()
  set(parts 0)
  set(text "")
  if(access STREQUAL "REMOVED_ACCESS")
    # nothing
  elseif(name MATCHES "(MATCH|EXCEPTION)$")
    foreach(part \${value})
      string(LENGTH "\${part}" length)
      set(text "\${text}\${length}:\${part}")
      math(EXPR parts "\${parts} + 1")
    endforeach()
  else()
    string(LENGTH "\${value}" length)
    set(text "\${length}:\${value}")
    set(parts 1)
  endif()
  file(APPEND "\${OUTPUT}" "\\n${mark} \${name} \${parts} \${text}")
endfunction()
stagelock_tell(CMAKE_VERSION IS "\${CMAKE_VERSION}")
${watched.map((name) => `variable_watch(${name} stagelock_tell)`).join('\n')}
if(EXISTS "\${DIRECTORY}/CTestCustom.cmake")
  include("\${DIRECTORY}/CTestCustom.cmake")
else()
  file(GLOB_RECURSE stagelock_files FOLLOW_SYMLINKS "\${DIRECTORY}/CTestCustom.ctest")
  foreach(stagelock_file \${stagelock_files})
    include("\${stagelock_file}")
  endforeach()
endif()
foreach(stagelock_name ${watched.join(' ')})
  if(DEFINED \${stagelock_name})
    stagelock_tell(\${stagelock_name} IS "\${\${stagelock_name}}")
  endif()
endforeach()
`;
}

/** What the script printed; the last value of each variable counts. */
function recordsIn(output: string, mark: string): Variables {
  const variables = new Map<string, readonly string[]>();
  const head = new RegExp(`\\n${mark} (\\w+) (\\d+) `, 'g');
  for (let match = head.exec(output); match !== null; match = head.exec(output)) {
    const [, name = '', count = '0'] = match;
    const parts: string[] = [];
    let at = head.lastIndex;
    for (let part = 0; part < Number(count); part++) {
      const colon = output.indexOf(':', at);
      const length = Number(output.slice(at, colon));
      parts.push(output.slice(colon + 1, colon + 1 + length));
      at = colon + 1 + length;
    }
    if (count === '0' && !/(MATCH|EXCEPTION)$/.test(name)) variables.delete(name);
    else variables.set(name, parts);
    head.lastIndex = at;
  }
  return variables;
}
