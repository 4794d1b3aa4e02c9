import { createInterface } from 'node:readline/promises';
import { errorCode } from '../host/error-code.js';

/** Asks a person at the terminal. Ctrl-C and Ctrl-D are a no. */
export async function confirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } catch (error) {
    if (errorCode(error) !== 'ABORT_ERR') throw error;
    process.stdout.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}
