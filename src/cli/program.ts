import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Command, Option } from 'commander';
import { shownLines } from '../text/shown.js';
import { VERSION } from '../version.js';
import type { CrontabOptions } from './crontab.js';
import type { ExecOptions } from './exec.js';
import { EXIT } from './exit.js';
import type { GlobalOptions } from './project-of.js';
import type { RunOptions } from './run.js';
import type { SystemdOptions } from './systemd.js';

const EXEC_HELP = `
Without --wait the command is skipped when somebody else holds the lock: what a
crontab mostly wants. Who holds it, since when and what to do goes to stderr.

The lock stands beside PATH (PATH.lock or PATH.lockdir). It is held until the
command has ended, whatever that has left running in the background. A command
that has not ended when this program is told to stop (INT, TERM, HUP) is ended
together with all that it started, before the lock is given back. When this
program is killed, the kernel kills the command, and the lock is free again.

Exit code: that of the command, 128+N if it died of signal N, 127 if it could
not be started; 75 if the lock could not be had, 2 for a wrong command line,
70 if no lock can be made there, 73 if something else is in its place.

  */10 * * * *  stagelock exec --lock ~/builds/nightly -- make -C ~/src all
`;

const KILL_HELP = `
A run that is alive is told first (TERM), so that it ends its stage in order; then
everything else that belongs to a run of this build on this host, also to a dead one
and to one whose locks are gone, gets TERM, and KILL after the \`grace\` of its stages.
Nothing else gets a signal. What a stage was allowed to leave behind is left. Locks
stay: \`stagelock unlock\` removes them.

Exit code: 0 nothing of it is alive on this host any more; 1 the answer was no; 2 no
terminal to ask at, and no --yes; 75 something is still alive: a process of another
user, which only that user or root can end, one that waits inside the kernel, or a
run on another host, where this command must be given.
`;

const DOCTOR_HELP = `
Four processes try at once what locks are made of; with --peer two of them on
each side. It takes some ten seconds on a local disk, up to a minute on a
network. Exit code: 0 if the strategy that is chosen by itself works, 1 if not.
`;

const SCHEDULE_HELP = `
HUP reads the configuration again; a wrong one is told of and not taken. TERM or
INT begins nothing more, waits for what runs, and interrupts it after stop_limit
of [scheduler], or at the second signal. Several hosts may run one each for the
same project: every firing is run once, by one of them.
`;

/** The command line of stagelock. Each command is loaded only when it is called. */
export function program(): Command {
  const stagelock = new Command('stagelock')
    .description('Staged continuous builds from cron that share one source tree.')
    .version(VERSION)
    .option('-c, --config <file>', 'the configuration (default: $STAGELOCK_CONFIG, or stagelock.toml here or above)')
    .option('--build-dir <dir>', 'a build directory of CMake, instead: its DartConfiguration.tcl is the configuration')
    .showHelpAfterError('(stagelock --help tells more)')
    .configureOutput({ outputError: (text, write) => write(shownLines(text.replace(/^error: /, 'stagelock: '))) })
    .hook('preAction', (_, command) => {
      guardTerminal();
      guardOutput(command.name());
    })
    .exitOverride();

  stagelock
    .command('run')
    .description('run one build: update, then each of its stages')
    .argument('[build]', 'its name; may be left out if there is only one')
    .option('-q, --quiet', 'no progress on standard output')
    .option('--every-warning', 'tell a warning that stays the same in every run, not after 1, 2, 4, ... hours')
    .addOption(
      new Option('-M, --model <model>', 'dashboard model to report (overrides the configuration)').choices([
        'Experimental',
        'Continuous',
        'Nightly',
      ]),
    )
    .option('--mail', 'mail what it writes to standard error as cron does, to whom [mail] of the configuration names')
    .addOption(new Option('--leave-mail').hideHelp())
    .addOption(new Option('--firing <name>').hideHelp())
    .action(async (build: string | undefined, options: RunOptions, command: Command) => {
      const { runCommand } = await import('./run.js');
      await runCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('status')
    .description('show every lock, its owner, whether that is alive, and what waits for what')
    .argument('[build]', 'only this build')
    .option('--json', 'for programs')
    .option('--watch', 'watch for 100 s whether owners on other hosts renew their locks')
    .action(async (build: string | undefined, options: { json?: boolean; watch?: boolean }, command: Command) => {
      const { statusCommand } = await import('./status.js');
      await statusCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('unlock')
    .description('clear the locks that a dead run of a build has left, after showing what it was doing')
    .argument('[build]', 'its name; may be left out if there is only one')
    .option('-y, --yes', 'do not ask')
    .option(
      '--force',
      'also if something of it is alive, which is named and left alive, or its owner cannot be judged from here',
    )
    .action(async (build: string | undefined, options: { yes?: boolean; force?: boolean }, command: Command) => {
      const { unlockCommand } = await import('./unlock.js');
      await unlockCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('kill')
    .description('end the processes of a run of a build, be it alive or dead, after showing them; its locks stay')
    .argument('[build]', 'its name; may be left out if there is only one')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', KILL_HELP)
    .action(async (build: string | undefined, options: { yes?: boolean }, command: Command) => {
      const { killCommandLine } = await import('./kill.js');
      await killCommandLine(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('updates')
    .description('show the updates of the source, and which of them each build still has to build')
    .argument('[build]', 'only those of its primary')
    .option('-n, --count <number>', 'how many of the newest updates to show', '10')
    .option('--json', 'for programs')
    .action(async (build: string | undefined, options: { json?: boolean; count: string }, command: Command) => {
      const { updatesCommand } = await import('./updates.js');
      updatesCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('rename')
    .description('let a build that was renamed in the configuration go on where it was under its old name')
    .argument('<old>', 'its name before')
    .argument('<new>', 'its name now')
    .action(async (from: string, to: string, _: object, command: Command) => {
      const { renameCommand } = await import('./rename.js');
      await renameCommand(command.optsWithGlobals<GlobalOptions>(), from, to);
    });

  stagelock
    .command('log')
    .description('show the past runs of a build: when, how long, what came of them, what they built')
    .argument('[build]', 'its name; may be left out if there is only one')
    .option('-n, --count <number>', 'how many of the newest runs to show', '20')
    .option('--json', 'one line of JSON for each run, for programs')
    .action(async (build: string | undefined, options: { json?: boolean; count: string }, command: Command) => {
      const { logCommand } = await import('./log.js');
      logCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('submit')
    .description('send now the reports that earlier runs could not deliver, without waiting for the next run')
    .argument('[build]', 'its name; all that submit if left out')
    .action(async (build: string | undefined, _: object, command: Command) => {
      const { submitCommand } = await import('./submit.js');
      await submitCommand(command.optsWithGlobals<GlobalOptions>(), build);
    });

  stagelock
    .command('mail')
    .description('show the mails that could not be delivered yet, and those that never will be')
    .option('--send', 'try now, without waiting for the next attempt')
    .option('--json', 'for programs')
    .action(async (options: { send?: boolean; json?: boolean }, command: Command) => {
      const { mailCommand } = await import('./mail.js');
      await mailCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('crontab')
    .description('print the lines of a crontab that run the builds by their `schedule`')
    .option('--install', "put them into this user's crontab, in place of those of an earlier time")
    .option('--remove', 'take them out of it, also after the configuration was moved: name it by --config as it was')
    .option('--all', 'with --remove: those of every configuration')
    .action(async (options: CrontabOptions, command: Command) => {
      const { crontabCommand } = await import('./crontab.js');
      crontabCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('systemd')
    .description('print timers and services of systemd that run the builds by their `schedule`')
    .option('--install', 'write them where systemd looks for them, and say what to do then')
    .option(
      '--remove',
      'take away those that were written for this configuration, also after it was moved: name it as it was',
    )
    .option('--all', 'with --remove: those of every configuration')
    .option('--scheduler', 'one service that runs `stagelock schedule`, instead of timers')
    .option('--system', 'for the manager of the system instead of that of the user')
    .action(async (options: SystemdOptions, command: Command) => {
      const { systemdCommand } = await import('./systemd.js');
      systemdCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('schedule')
    .description('run the builds by their `schedule` and `watch` until it is stopped, and mail as cron does')
    .addHelpText('after', SCHEDULE_HELP)
    .action(async (_: object, command: Command) => {
      const { scheduleCommand } = await import('./schedule.js');
      await scheduleCommand(command.optsWithGlobals<GlobalOptions>());
    });

  stagelock
    .command('check')
    .description('check the configuration and tell everything that is wrong with it')
    .option('--offline', 'does not ask the repositories that sources are updated from')
    .option('--json', 'for programs')
    .action(async (options: { json?: boolean; offline?: boolean }, command: Command) => {
      const { checkCommand } = await import('./check.js');
      await checkCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('init')
    .description('write a commented stagelock.toml for a source and a build directory')
    .requiredOption('--source <dir>', 'the source tree')
    .requiredOption('--build <dir>', 'the build directory')
    .option('--name <name>', 'name of the build (default: from its directory)')
    .option('--stdout', 'print it instead of writing the file')
    .action(async (options: { source: string; build: string; name?: string; stdout?: boolean }, command: Command) => {
      const { initCommand } = await import('./init.js');
      initCommand(command.optsWithGlobals<GlobalOptions>(), options);
    });

  stagelock
    .command('exec')
    .description('run a command while holding a lock, as flock(1) does, also on network file systems')
    .usage('--lock PATH [options] -- COMMAND...')
    .requiredOption('--lock <path>', 'what the lock protects; it may be missing, its directory may not')
    .option('--wait <duration>', 'wait so long for the lock: 90 s, "1 h 30 min", or seconds', '0 s')
    .option('--strategy <name>', 'lockdir, cifs, flock or fcntl (default: what suits the file system)')
    .option('-q, --quiet', 'no message when the lock cannot be acquired; the exit code tells')
    .argument('<command...>', 'what to run, behind " -- "')
    .addHelpText('after', EXEC_HELP)
    .action(async (words: string[], options: ExecOptions) => {
      const { execCommand } = await import('./exec.js');
      await execCommand(words, options);
    });

  stagelock
    .command('doctor')
    .description('tell which file system a directory is on, test locks in it, and say which strategy to use')
    .argument('<dir>', 'where things are built or locked; everything made in it for the test is removed again')
    .option('--peer <dir>', 'the same directory through another mount, so through another client of the file server')
    .option('--json', 'for programs')
    .addHelpText('after', DOCTOR_HELP)
    .action(async (directory: string, options: { json?: boolean; peer?: string }) => {
      const { doctorCommand } = await import('./doctor.js');
      await doctorCommand(directory, options);
    });

  stagelock.command('doctor-worker', { hidden: true }).action(async () => {
    const { serve } = await import('../doctor/worker.js');
    serve();
  });

  stagelock
    .command('contention')
    .description('add up the waits that ct-lock-helper has logged: the worst targets, and the hours lost')
    .argument('<file>', 'what CT_LOCK_LOG named; - for standard input')
    .option('--top <number>', 'how many targets to show', '10')
    .option('--json', 'for programs')
    .action(async (file: string, options: { json?: boolean; top: string }) => {
      const { contentionCommand } = await import('./contention.js');
      await contentionCommand(file, options);
    });

  for (const command of stagelock.commands) command.exitOverride().copyInheritedSettings(stagelock);
  return stagelock;
}

/**
 * Node restores the terminal as it exits and aborts when that is gone, which would pass for a crash of the run; a descriptor
 * that is another file by then it leaves alone.
 */
function guardTerminal(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  if (terminals.length === 0) return;
  process.on('exit', () => {
    for (const descriptor of terminals.filter((each) => !isatty(each))) {
      closeSync(descriptor);
      openSync('/dev/null', 'r+'); // takes its number
    }
  });
}

/** A reader that has seen enough (`| head`), a terminal that was closed. */
const NOBODY_READS: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/**
 * Keeps a lost standard output from being an exception, which would end a run in the middle of a build and leave its
 * locks and compilers. What `run` prints is only progress, so there it changes nothing; any other command has failed if
 * its answer could not be written, unless nobody wanted to read on.
 */
function guardOutput(command: string): void {
  let told = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (told || NOBODY_READS.has(error.code)) return;
    told = true;
    process.stderr.write(`stagelock: standard output cannot be written: ${error.message}\n`);
    if (command !== 'run' && command !== 'schedule') process.exitCode = EXIT.internal;
  });
  // There is nowhere left to tell but the exit code, of a file on a full disk: whoever mails what stands in it finds nothing.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (NOBODY_READS.has(error.code)) return;
    process.on('exit', () => {
      process.exitCode = EXIT.internal;
    });
  });
}
