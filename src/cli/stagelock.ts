#!/usr/bin/env node
import { VERSION } from '../version.js';

/**
 * The last line of defence. Nothing is cleaned up here: locks that an error leaves behind are how a person learns of
 * it.
 */
async function main(args: readonly string[]): Promise<void> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    // Scripts ask for it to see whether the program is there: no reason to load the command line, or anything.
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  try {
    const { program } = await import('./program.js');
    await program().parseAsync();
  } catch (error) {
    const { reportFailure } = await import('./failure.js');
    process.exitCode = reportFailure(error);
  }
}

await main(process.argv.slice(2));
