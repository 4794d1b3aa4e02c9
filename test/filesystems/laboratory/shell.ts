// What `npm run laboratory` runs: a guest by hand. With a command it runs that and ends as it did, otherwise a shell.
import { buildGuestPrograms } from './build.js';
import { bootShell, Machine } from './machine.js';
import { findRequirements } from './requirements.js';

const PATIENCE_MS = 30 * 60_000;

export async function laboratory(args: readonly string[]): Promise<number> {
  const found = findRequirements();
  if (found.kind === 'missing') {
    process.stderr.write(`missing here: ${found.what.join(', ')}; CONTRIBUTING.md names the packages\n`);
    return 2;
  }
  await buildGuestPrograms();
  const [program, ...rest] = args;
  if (program === undefined) {
    await bootShell(found.requirements);
    return 0;
  }
  const machine = await Machine.boot(found.requirements);
  try {
    const { code, stdout, stderr } = await machine.run([program, ...rest], PATIENCE_MS);
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    return code ?? 1;
  } finally {
    await machine.stop();
  }
}
