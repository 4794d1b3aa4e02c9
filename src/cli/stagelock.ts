#!/usr/bin/env node
import { VERSION } from '../version.js';
import { EXIT } from './exit.js';

/** What commander throws when it has printed help or what is wrong with the command line. */
function isCommanderEnd(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/**
 * The last line of defence. Nothing is cleaned up here: locks that an error leaves behind are how a person learns of
 * it.
 */
async function main(args: readonly string[]): Promise<void> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    // Scripts ask for it to see whether the program is there: no reason to load the whole command line.
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  try {
    const { program } = await import('./program.js');
    await program().parseAsync();
  } catch (error) {
    if (isCommanderEnd(error)) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      return;
    }
    const { reportFailure } = await import('./failure.js');
    process.exitCode = reportFailure(error);
  }
}

await main(process.argv.slice(2));
