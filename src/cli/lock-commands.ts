import type { Command } from 'commander';
import type { AgentOptions } from './agent.js';
import { AGENT_HELP, DOCTOR_HELP, EXEC_HELP } from './command-help.js';
import type { ContentionOptions } from './contention.js';
import type { DoctorOptions } from './doctor.js';
import type { ExecOptions } from './exec.js';
import type { GlobalOptions } from './project-of.js';

/** The commands about locks of objects, and of whatever else has a name. */
export function addLockCommands(stagelock: Command): void {
  stagelock
    .command('exec')
    .description('run a command while holding a lock, as flock(1) does, also on network file systems')
    .usage('--lock PATH [options] -- COMMAND...')
    .requiredOption('--lock <path>', 'what the lock protects; it need not exist, but its directory must')
    .option('--wait <duration>', 'how long to wait for the lock: 90 s, "1 h 30 min", or seconds', '0 s')
    .option('--shared', 'hold the lock together with others who say --shared or --slots')
    .option('--slots <number>', 'the same, but with so many at most: 3 seats of a license, for example')
    .option(
      '--strategy <name>',
      'lockdir, cifs, flock or fcntl (default: what suits the file system); or etcd, for a lock of hosts without a common disk, see [coordination]',
    )
    .option('-q, --quiet', 'no message when the lock cannot be acquired, only the exit code')
    .argument('<command...>', 'the command to run, after " -- "')
    .addHelpText('after', EXEC_HELP)
    .action(async (words: string[], options: ExecOptions, command: Command) => {
      const { execCommand } = await import('./exec.js');
      await execCommand(words, options, command.optsWithGlobals<GlobalOptions>());
    });

  stagelock
    .command('doctor')
    .description(
      'show which file system a directory is on, test locks in it, and recommend a strategy; or test the etcd of [coordination]',
    )
    .argument('[dir]', 'where builds or locks are; everything that the test makes in it is removed again')
    .option('--etcd', 'test the etcd of [coordination] instead of a directory')
    .option('--peer <dir>', 'the same directory through another mount, that is, another client of the file server')
    .option('--json', 'print JSON')
    .addHelpText('after', DOCTOR_HELP)
    .action(async (directory: string | undefined, options: DoctorOptions, command: Command) => {
      if (options.etcd === true) {
        if (directory !== undefined || options.peer !== undefined) {
          command.error('error: --etcd tests no directory and takes no --peer');
        }
        const { doctorEtcdCommand } = await import('./doctor-etcd.js');
        return await doctorEtcdCommand(command.optsWithGlobals<GlobalOptions>(), options);
      }
      if (directory === undefined) command.error("error: missing required argument 'dir', or --etcd");
      const { doctorCommand } = await import('./doctor.js');
      await doctorCommand(directory, options);
    });

  stagelock.command('doctor-worker', { hidden: true }).action(async () => {
    const { serve } = await import('../doctor/worker.js');
    serve();
  });

  stagelock
    .command('contention')
    .description(
      'add up the waits that ct-lock-helper logged, or those of builds: who waited for whom, and the hours lost',
    )
    .argument('[file]', 'the file that CT_LOCK_LOG named; - for standard input')
    .option('--builds', 'instead, which builds waited for which, and whether their intervals fit')
    .option('--since <duration>', 'with --builds: how far to look back, or "all"', '21 d')
    .option('--top <number>', 'how many targets to show', '10')
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, options: ContentionOptions, command: Command) => {
      const { contentionCommand } = await import('./contention.js');
      await contentionCommand(command.optsWithGlobals<GlobalOptions>(), file, options);
    });

  stagelock
    .command('agent')
    .description('hold locks in etcd for ct-lock-helper on this host, which then costs no start of Node')
    .option('--idle <duration>', 'end after so long without a compile', '1 d')
    .addHelpText('after', AGENT_HELP)
    .action(async (options: AgentOptions) => {
      const { agentCommand } = await import('./agent.js');
      await agentCommand(options);
    });
}
