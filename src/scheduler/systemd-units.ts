import { dirname } from 'node:path';
import { parseCronExpression } from '../config/cron-expression.js';
import type { Build, Project } from '../config/project.js';
import { onCalendar } from './on-calendar.js';
import { mailOption, runCommandOf } from './run-command.js';

/** A unit file. */
export interface Unit {
  /** `stagelock-example-gcc.timer` */
  readonly name: string;
  readonly text: string;
}

/** What units have to know of where they are made. */
export interface UnitSurroundings {
  /** The program and what comes before the verb, absolute. */
  readonly program: readonly string[];
  /** For the commands of the builds: what a login has, systemd has not. */
  readonly path: string;
  /** Of the system's manager rather than of a user's. */
  readonly system: boolean;
}

/**
 * The first line of every unit of a configuration; a unit with another first line is not ours. Its words stay as they are, since
 * units of earlier versions are known by them.
 */
export function unitMark(file: string): string {
  return `# Written by stagelock systemd for ${file}; stagelock systemd --remove takes it away.`;
}

/** The configuration that a unit was written for, by its first line; undefined for a unit that stagelock did not write. */
export function fileOfMark(mark: string): string | undefined {
  const file = /^# Written by stagelock systemd for (\/.*); stagelock systemd --remove takes it away\.$/.exec(
    mark,
  )?.[1];
  return file !== undefined && unitMark(file) === mark ? file : undefined;
}

/** A timer and a service for each build that has a schedule. */
export function timerUnits(project: Project, surroundings: UnitSurroundings): Unit[] {
  return [...project.builds.values()].flatMap((build) => {
    const expression = build.schedule === undefined ? undefined : parseCronExpression(build.schedule);
    if (expression === undefined || 'problem' in expression) return [];
    const name = unitName(project, build.name);
    // systemd counts seconds of a minute; a longer wait is the service's.
    const inMinute = build.offsetMs < 60_000;
    const seconds = Math.round(build.offsetMs / 1000);
    const { timeZone, randomDelayMs } = project.scheduler;
    const calendar = onCalendar(expression, inMinute ? seconds : 0, timeZone);
    return [
      {
        name: `${name}.timer`,
        text: unitText(project, [
          '[Unit]',
          `Description=When ${escaped(build.name)} of ${escaped(project.name)} is built (${escaped(build.schedule ?? '')})`,
          '',
          '[Timer]',
          ...calendar.map((text) => `OnCalendar=${text}`),
          // The default of a minute would have a secondary come before its primary.
          'AccuracySec=1s',
          ...(randomDelayMs === 0 ? [] : [`RandomizedDelaySec=${randomDelayMs / 1000}s`]),
          'Persistent=false',
          '',
          '[Install]',
          'WantedBy=timers.target',
        ]),
      },
      {
        name: `${name}.service`,
        text: unitText(project, [
          '[Unit]',
          `Description=One run of ${escaped(build.name)} of ${escaped(project.name)}`,
          ...needsNetwork(surroundings),
          '',
          '[Service]',
          'Type=oneshot',
          ...(inMinute ? [] : [`ExecStartPre=/bin/sleep ${seconds}`]),
          `ExecStart=${commandLine(project, build, surroundings)}`,
          ...common(project, surroundings),
          // 75: a lock is held. A mail or the journal reports it; a failed unit would only be one more thing to reset.
          'SuccessExitStatus=75',
        ]),
      },
    ];
  });
}

/** The service of `stagelock schedule`, which then does what timers would. */
export function schedulerUnit(project: Project, surroundings: UnitSurroundings): Unit {
  const command = [...surroundings.program, '--config', project.file, 'schedule'].map(word).join(' ');
  const { stopLimitMs } = project.scheduler;
  return {
    name: `${unitName(project, 'schedule')}.service`,
    text: unitText(project, [
      '[Unit]',
      `Description=Continuous builds of ${escaped(project.name)}`,
      ...needsNetwork(surroundings),
      '',
      '[Service]',
      'Type=notify',
      'NotifyAccess=all',
      `ExecStart=${command}`,
      'ExecReload=/bin/kill -HUP $MAINPID',
      ...common(project, surroundings),
      // Only the scheduler is asked to stop: it lets builds finish, and ends them itself after stop_limit.
      // When the scheduler dies, its builds go on, and the next one adopts them; mixed would kill them with it.
      'KillMode=process',
      `TimeoutStopSec=${Math.ceil(stopLimitMs / 1000) + 180}`,
      'WatchdogSec=120',
      'Restart=on-failure',
      'RestartSec=10',
      // A configuration with problems does not fix itself.
      'RestartPreventExitStatus=2',
      '',
      '[Install]',
      `WantedBy=${surroundings.system ? 'multi-user.target' : 'default.target'}`,
    ]),
  };
}

function unitText(project: Project, lines: readonly string[]): string {
  return [unitMark(project.file), ...lines, ''].join('\n');
}

function needsNetwork({ system }: UnitSurroundings): string[] {
  return system ? ['Wants=network-online.target', 'After=network-online.target remote-fs.target'] : [];
}

function common(project: Project, { path }: UnitSurroundings): string[] {
  return [
    `WorkingDirectory=${escaped(dirname(project.file))}`,
    `Environment=${word(`PATH=${path}`).replaceAll('$$', '$')}`,
  ];
}

/** systemd mails nothing, so a run mails itself where the configuration says to whom. */
function commandLine(project: Project, build: Build, { program }: UnitSurroundings): string {
  return runCommandOf(project, build, program, mailOption(project)).map(word).join(' ');
}

/** Two units of one name would be one. */
function unitName(project: Project, what: string): string {
  return `stagelock-${project.name.toLowerCase().replaceAll(/[^a-z0-9_.]+/g, '-')}-${what}`;
}

/** `%` begins a specifier. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A word of ExecStart=, by the rules of systemd.service(5). */
function word(text: string): string {
  const inside = escaped(text).replaceAll('$', '$$$$').replaceAll(/["\\]/g, '\\$&');
  return /^[\w@%+=:,./-]+$/.test(text) ? inside : `"${inside}"`;
}
