import { Command } from 'commander';
import { VERSION } from '../version.js';
import { EXIT } from './exit.js';
import type { GlobalOptions } from './project-of.js';

/** The command line of stagelock. Each command is loaded only when it is called. */
export function program(): Command {
  const stagelock = new Command('stagelock')
    .description('Staged continuous builds from cron that share one source tree.')
    .version(VERSION)
    .option('-c, --config <file>', 'the configuration (default: $STAGELOCK_CONFIG, or stagelock.toml here or above)')
    .showHelpAfterError('(stagelock --help tells more)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'stagelock: ')) })
    .hook('preAction', (_, command) => guardOutput(command.name()))
    .exitOverride();

  stagelock
    .command('run')
    .description('run one build: update, then each of its stages')
    .argument('[build]', 'its name; may be left out if there is only one')
    .option('-q, --quiet', 'no progress on standard output')
    .action(async (build: string | undefined, options: { quiet?: boolean }, command: Command) => {
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
    .option('--force', 'also if its owner is alive or cannot be judged from here')
    .action(async (build: string | undefined, options: { yes?: boolean; force?: boolean }, command: Command) => {
      const { unlockCommand } = await import('./unlock.js');
      await unlockCommand(command.optsWithGlobals<GlobalOptions>(), build, options);
    });

  stagelock
    .command('check')
    .description('check the configuration and tell everything that is wrong with it')
    .option('--json', 'for programs')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { checkCommand } = await import('./check.js');
      checkCommand(command.optsWithGlobals<GlobalOptions>(), options);
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

  for (const command of stagelock.commands) command.exitOverride().copyInheritedSettings(stagelock);
  return stagelock;
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
    if (command !== 'run') process.exitCode = EXIT.internal;
  });
  process.stderr.on('error', () => undefined); // there is nowhere left to tell
}
