import type { Facts } from './detect.js';
import { command, quoted, shell, suggested } from './template-text.js';

/** The source, wherever the configuration and the build directory are: each stage has it in its environment. */
const SOURCE = '"$STAGELOCK_SOURCE"';

interface Step {
  readonly name: string;
  readonly comment: string;
  /** As TOML: `command = [...]` or `shell = '...'`. */
  readonly line: string;
  /** Whether it is only suggested, since the tool may not know such a target. */
  readonly suggested?: boolean;
}

/** The tables `[defaults.stages.*]` for what a source is built with. */
export function stages(facts: Facts): string[][] {
  const [first, ...rest] = steps(facts);
  const [order, ...lines] = first === undefined ? [] : tableOf(first);
  return [
    [
      '# Stages run in this order, in the build directory, each as one of `command` (no shell) and `shell` (/bin/sh), which',
      '# finds the source in $STAGELOCK_SOURCE.',
      ...(order === undefined ? [] : [order]),
      ...lines,
    ],
    ...rest.map(tableOf),
  ];
}

function tableOf({ name, comment, line, suggested: isSuggestion = false }: Step): string[] {
  return [`# ${comment}`, ...suggested(isSuggestion, [`[defaults.stages.${name}]`, line])];
}

function steps({ tool, presets, targets, locked }: Facts): Step[] {
  const configure = (line: string): Step => ({ name: 'configure', comment: 'Prepares the build directory.', line });
  const compile = (line: string): Step => ({ name: 'build', comment: 'Compiles what has changed.', line });
  const test = (line: string): Step => ({ name: 'test', comment: 'Runs after a build that succeeded.', line });
  switch (tool) {
    case 'cmake':
      return [
        { ...configure(configureCMake(presets[0])), comment: commentOnPresets(presets) },
        compile(command('cmake', '--build', '.')),
        test(command('ctest', '--output-on-failure')),
      ];
    case 'meson':
      return [
        configure(shell(`meson setup . ${SOURCE}`)),
        compile(command('meson', 'compile')),
        test(command('meson', 'test')),
      ];
    case 'autotools':
      return [
        configure(shell(`test -x config.status || ${SOURCE}/configure`)),
        compile(command('make')),
        test(command('make', 'check')),
      ];
    case 'cargo':
      return [compile(cargo('build', locked)), test(cargo('test', locked))];
    case 'npm':
      return [
        { ...configure(inSource(locked ? 'npm ci' : 'npm install')), comment: 'npm works in the source tree.' },
        ...scripts('npm', targets),
      ];
    case 'pnpm':
    case 'yarn':
      return [
        { ...configure(inSource(`${tool} install --frozen-lockfile`)), comment: `${tool} works in the source tree.` },
        ...scripts(tool, targets),
      ];
    case 'ninja':
      return [compile(command('ninja')), { ...test(command('ninja', 'test')), suggested: true }];
    case 'make':
      return [compile(command('make')), { ...test(command('make', 'test')), suggested: true }];
    case 'make-in-source': {
      const [target] = targets;
      return [
        {
          ...compile(shell(`make -C ${SOURCE}`)),
          comment: 'This compiles into the source tree. Builds that share it need directories of their own.',
        },
        { ...test(shell(`make -C ${SOURCE} ${target ?? 'test'}`)), ...(target === undefined && { suggested: true }) },
      ];
    }
    case 'unknown': {
      const reminder = 'echo "stagelock.toml: say here how to build" >&2; exit 1';
      return [{ ...compile(shell(reminder)), comment: 'Replace this with the command that builds.' }];
    }
  }
}

/** @param preset one that the source defines */
export function configureCMake(preset: string | undefined): string {
  return shell(`cmake ${preset === undefined ? '' : `--preset ${preset} `}-S ${SOURCE} -B .`);
}

function commentOnPresets([first, ...others]: readonly string[]): string {
  const what = 'Prepares the build directory';
  if (first === undefined) return `${what}.`;
  return `${what} by a preset of the source${others.length === 0 ? '' : `; others are ${others.join(', ')}`}.`;
}

function cargo(verb: string, locked: boolean): string {
  return shell(`cargo ${verb}${locked ? ' --locked' : ''} --manifest-path ${SOURCE}/Cargo.toml --target-dir target`);
}

function inSource(script: string): string {
  return shell(`cd ${SOURCE} && ${script}`);
}

/** Of a `package.json`: those that it has, the others as a suggestion. */
function scripts(program: string, targets: readonly string[]): Step[] {
  const step = (name: string, comment: string): Step => ({
    ...{ name, comment, line: inSource(`${program} run ${name}`) },
    ...(!targets.includes(name) && { suggested: true }),
  });
  return [step('build', 'Makes what has changed.'), step('test', 'Runs after a build that succeeded.')];
}

/** What a second build of the same source does in another way: its name's ending, and the keys of its table. */
export interface Variant {
  readonly ending: string;
  /** Below `[builds.NAME`: tables by their path, each with its lines. */
  readonly tables: readonly { readonly path: readonly string[]; readonly lines: readonly string[] }[];
}

/** The second build that makes sense beside the first. */
export function variantOf({ tool, presets, locked }: Facts): Variant {
  const others = presets.slice(1);
  const preset = others.find((name) => /debug/i.test(name)) ?? others[0];
  if (tool === 'cmake' && preset !== undefined) {
    return { ending: preset, tables: [{ path: ['stages', 'configure'], lines: [configureCMake(preset)] }] };
  }
  if (tool === 'cargo') {
    const tables = ['build', 'test'].map((verb) => ({
      path: ['stages', verb],
      lines: [cargo(`${verb} --release`, locked)],
    }));
    return { ending: 'release', tables };
  }
  const flags = quoted('-O0 -g');
  return { ending: 'debug', tables: [{ path: ['environment'], lines: [`CFLAGS = ${flags}`, `CXXFLAGS = ${flags}`] }] };
}
