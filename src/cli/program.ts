import { Argument, Command, Option } from 'commander';
import { COLOUR_CHOICES } from '../text/colour.js';
import { shownLines } from '../text/shown.js';
import { VERSION } from '../version.js';
import {
  COMPLETION_HELP,
  INIT_HELP,
  KILL_HELP,
  LOG_HELP,
  MIGRATE_HELP,
  NOTIFY_HELP,
  SCHEDULE_HELP,
  WAIT_HELP,
  WEB_HELP,
} from './command-help.js';
import type { Shell } from './completion.js';
import type { CrontabOptions } from './crontab.js';
import { guardOutput, guardTerminal } from './guarded-output.js';
import type { InitOptions } from './init.js';
import { addLockCommands } from './lock-commands.js';
import type { LogOptions } from './log.js';
import type { MetricsOptions } from './metrics.js';
import type { MigrateOptions } from './migrate.js';
import type { NotifyOptions } from './notify.js';
import type { GlobalOptions } from './project-of.js';
import type { RunOptions } from './run.js';
import type { StatusOptions } from './status.js';
import type { SystemdOptions } from './systemd.js';
import type { WebOptions } from './web.js';

/** Of every command that colours something. */
function colourOption(): Option {
  return new Option('--color <when>', 'colour the output (auto: at a terminal, unless NO_COLOR is set)')
    .choices(COLOUR_CHOICES)
    .default('auto');
}

/** The command line of stagelock. Each command is loaded only when it is called. */
export function program(): Command {
  const stagelock = new Command('stagelock')
    .description('Staged continuous builds from cron that share one source tree.')
    .version(VERSION)
    .option('-c, --config <file>', 'the configuration (default: $STAGELOCK_CONFIG, or stagelock.toml here or above)')
    .option(
      '--build-dir <dir>',
      'a CMake build directory whose DartConfiguration.tcl is the configuration, instead of --config',
    )
    .showHelpAfterError('(for help: stagelock --help)')
    .configureOutput({ outputError: (text, write) => write(shownLines(text.replace(/^error: /, 'stagelock: '))) })
    .hook('preAction', (_, command) => {
      guardTerminal();
      guardOutput(command.name());
    })
    .exitOverride();

  stagelock
    .command('run')
    .description('run one build: update, then each of its stages')
    .argument('[build]', 'name of the build (optional if there is only one)')
    .addOption(new Option('-q, --quiet', 'no progress on standard output').conflicts('verbose'))
    .option('-v, --verbose', 'show what the stages write, too')
    .option('--force', 'build although there is no news')
    .option('--dry-run', 'only say what a run would do: locks, updates, stages, reports, mails; changes nothing')
    .option('--every-warning', 'repeat an unchanged warning in every run, not only after 1, 2, 4, ... hours')
    .addOption(
      new Option('-M, --model <model>', 'dashboard model to report (overrides the configuration)').choices([
        'Experimental',
        'Continuous',
        'Nightly',
      ]),
    )
    .option('--mail', 'mail its standard error, as cron does, to the recipients in [mail] of the configuration')
    .addOption(new Option('--leave-mail').hideHelp())
    .addOption(new Option('--firing <name>').hideHelp())
    .action(async (build: string | undefined, options: RunOptions, command: Command) => {
      const { runCommand } = await import('./run.js');
      await runCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('status')
    .description('show how each build is: its last result, what it runs and waits for, and every lock with its owner')
    .argument('[build]', 'only this build')
    .option('--json', 'print JSON')
    .option('--watch', 'show it again whenever it changes, until Ctrl-C')
    .option('--pulse', 'watch for up to 100 s whether owners on other hosts renew their locks')
    .addOption(colourOption())
    .action(async (build: string | undefined, options: StatusOptions, command: Command) => {
      const { statusCommand } = await import('./status.js');
      await statusCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('unlock')
    .description('clear the locks that a dead run of a build left, after showing what it was doing')
    .argument('[build]', 'name of the build (optional if there is only one)')
    .option('-y, --yes', 'do not ask')
    .option(
      '--force',
      'even if some of its processes are alive (they are listed and keep running), or if this host cannot tell',
    )
    .action(async (build: string | undefined, options: { yes?: boolean; force?: boolean }, command: Command) => {
      const { unlockCommand } = await import('./unlock.js');
      await unlockCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('kill')
    .description('end the processes of the runs of a build, alive or dead, after showing them; the locks stay')
    .argument('[build]', 'name of the build (optional if there is only one)')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', KILL_HELP)
    .action(async (build: string | undefined, options: { yes?: boolean }, command: Command) => {
      const { killCommandLine } = await import('./kill.js');
      await killCommandLine(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('updates')
    .description('show the updates of the source, and which of them each build has yet to build')
    .argument('[build]', 'a build: only the updates of its primary')
    .option('-n, --count <number>', 'how many of the newest updates to show', '10')
    .option('--json', 'print JSON')
    .action(async (build: string | undefined, options: { json?: boolean; count: string }, command: Command) => {
      const { updatesCommand } = await import('./updates.js');
      await updatesCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('rename')
    .description('let a build that was renamed in the configuration continue where it stopped under its old name')
    .argument('<old>', 'its old name')
    .argument('<new>', 'its new name')
    .action(async (from: string, to: string, _: object, command: Command) => {
      const { renameCommand } = await import('./rename.js');
      await renameCommand(command.optsWithGlobals<GlobalOptions>(), from, to);
    });

  stagelock
    .command('migrate')
    .description('move a project from files to etcd, or back, while nothing of it runs')
    .addOption(
      new Option('--to <where>', 'where what its builds share is to be')
        .choices(['etcd', 'files'])
        .makeOptionMandatory(),
    )
    .option('--dry-run', 'only say what it would do; changes nothing')
    .option('-y, --yes', 'do not ask before what etcd has is removed')
    .addHelpText('after', MIGRATE_HELP)
    .action(async (options: MigrateOptions, command: Command) => {
      const { migrateCommand } = await import('./migrate.js');
      await migrateCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('log')
    .description(
      'show the past runs of a build: start, duration, result, and what they built; or what one of them wrote',
    )
    .argument('[build]', 'name of the build (optional if there is only one)')
    .option('-n, --count <number>', 'how many of the newest runs to show', '20')
    .option('--json', 'one line of JSON for each run, for programs')
    .option('--failed', 'only runs that failed')
    .option(
      '--show [run...]',
      'what failed in a run (by its tag; default: the newest) and the logs of the stages that failed, or of all; or [run] [stage]',
    )
    .option('-f, --follow', 'what the run in progress writes, until it ends')
    .addOption(colourOption())
    .option('--no-pager', 'do not use $PAGER at a terminal')
    .addHelpText('after', LOG_HELP)
    .action(async (build: string | undefined, options: LogOptions, command: Command) => {
      const { logCommand } = await import('./log.js');
      await logCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('wait')
    .description('wait until the run in progress of a build has ended, and exit as it did')
    .argument('[build]', 'name of the build (optional if there is only one)')
    .option('--timeout <duration>', 'how long at most: 90 s, "1 h 30 min", or seconds (default: as long as it takes)')
    .addHelpText('after', WAIT_HELP)
    .action(async (build: string | undefined, options: { timeout?: string }, command: Command) => {
      const { waitCommand } = await import('./wait.js');
      await waitCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('submit')
    .description('deliver the reports that earlier runs could not deliver, without waiting for the next run')
    .argument('[build]', 'name of the build (default: all that submit)')
    .action(async (build: string | undefined, _: object, command: Command) => {
      const { submitCommand } = await import('./submit.js');
      await submitCommand(command.optsWithGlobals<GlobalOptions>(), build);
    });

  stagelock
    .command('mail')
    .description('show the mails that wait for delivery, and those that were given up')
    .option('--send', 'try to deliver them now, without waiting for the next attempt')
    .option('--json', 'print JSON')
    .action(async (options: { send?: boolean; json?: boolean }, command: Command) => {
      const { mailCommand } = await import('./mail.js');
      await mailCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('notify')
    .description('show the events that wait for delivery to the entries of [[notify]], or try an entry out')
    .option('--test [name]', 'send a test event to this entry (default: to all), and show what it answers')
    .option('--send', 'try to deliver now what waits, without waiting for the next attempt')
    .option('--json', 'print JSON')
    .addHelpText('after', NOTIFY_HELP)
    .action(async (options: NotifyOptions, command: Command) => {
      const { notifyCommand } = await import('./notify.js');
      await notifyCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('metrics')
    .description('print how the builds are in the text format of Prometheus')
    .option('-o, --output <file>', "replace this file, one in the directory of node_exporter's textfile collector, say")
    .option('--lock-log <file>', 'also waits for object locks and objects reused: the file that CT_LOCK_LOG names')
    .action(async (options: MetricsOptions, command: Command) => {
      const { metricsCommand } = await import('./metrics.js');
      await metricsCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('crontab')
    .description('print crontab lines that run the builds on their `schedule`')
    .option('--install', "install them in this user's crontab, replacing earlier ones")
    .option('--remove', 'remove them, even after the configuration was moved (give its old path with --config)')
    .option('--all', 'with --remove: those of every configuration')
    .action(async (options: CrontabOptions, command: Command) => {
      const { crontabCommand } = await import('./crontab.js');
      crontabCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('systemd')
    .description('print systemd timers and services that run the builds on their `schedule`')
    .option('--install', 'write them where systemd looks for them, and print the next commands')
    .option(
      '--remove',
      'remove those written for this configuration, even after it was moved (give its old path with --config)',
    )
    .option('--all', 'with --remove: those of every configuration')
    .option('--scheduler', 'one service that runs `stagelock schedule`, instead of timers')
    .option('--system', 'for the system manager instead of the user manager')
    .action(async (options: SystemdOptions, command: Command) => {
      const { systemdCommand } = await import('./systemd.js');
      systemdCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('schedule')
    .description('run the builds on their `schedule` and `watch` until stopped, and mail as cron does')
    .addHelpText('after', SCHEDULE_HELP)
    .action(async (_: object, command: Command) => {
      const { scheduleCommand } = await import('./schedule.js');
      await scheduleCommand(command.optsWithGlobals<GlobalOptions>());
    });

  stagelock
    .command('check')
    .description('check the configuration and report every problem in it')
    .option('--offline', 'do not contact the repositories that sources are updated from')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean; offline?: boolean }, command: Command) => {
      const { checkCommand } = await import('./check.js');
      await checkCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('init')
    .description('look at a source and write a commented stagelock.toml that builds it; asks at a terminal')
    .option('--source <dir>', 'the source tree (default: this directory, or the only source in it)')
    .option('--build <dir>', 'the build directory (default: builds/NAME)')
    .option('--name <name>', 'name of the build (default: from its directory, or from the project)')
    .option('-y, --yes', 'do not ask, take the defaults')
    .option('--stdout', 'print it instead of writing the file; does not ask')
    .addHelpText('after', INIT_HELP)
    .action(async (options: InitOptions, command: Command) => {
      const { initCommand } = await import('./init.js');
      await initCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  addLockCommands(stagelock);

  stagelock
    .command('web')
    .description('serve pages for a browser: what each build does, who waits for whom, runs, logs, tests; read-only')
    .argument('[config...]', 'the configurations of several projects, instead of --config')
    .option(
      '--listen <address>',
      'where to listen; another than the default needs one of the two options below',
      '127.0.0.1',
    )
    .option('--port <number>', '0 for any that is free', '8417')
    .option('--password-file <file>', 'only readers who know the password in this file')
    .option('--proxy-user <header>', 'only readers whom a proxy names in this header')
    .option('--proxy-address <address>', 'where that proxy is', '127.0.0.1')
    .option('--objdir <dir...>', 'also the locks in these object directories')
    .option('--lock-log <file>', 'also who waited for object locks: the file that CT_LOCK_LOG names')
    .addHelpText('after', WEB_HELP)
    .action(async (files: string[], options: WebOptions, command: Command) => {
      const { webCommand } = await import('./web.js');
      await webCommand(command.optsWithGlobals<GlobalOptions>(), files, options);
    });

  stagelock
    .command('completion')
    .description('print a script that completes commands, options and build names in a shell')
    .addArgument(new Argument('<shell>', 'the shell that reads the script').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', COMPLETION_HELP)
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion.js');
      process.stdout.write(completionScript(shell, stagelock));
    });

  stagelock.command('complete-builds', { hidden: true }).action(async (_: object, command: Command) => {
    const { completeBuilds } = await import('./complete-builds.js');
    completeBuilds(command.optsWithGlobals<GlobalOptions>());
  });

  for (const command of stagelock.commands) command.exitOverride().copyInheritedSettings(stagelock);
  return stagelock;
}
