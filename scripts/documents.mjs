// Writes what is made of the program itself: docs/configuration.md from the schema, man/ from the help texts. With --check it
// only says whether they are current. The sources are TypeScript, which Node 20 cannot run, so they are bundled first.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { configurationPage, tablesOf } from './documents/configuration.mjs';
import { manOfCommands, manOfConfiguration, manOfHelp } from './documents/man.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundled = mkdtempSync(join(tmpdir(), 'stagelock-documents-'));
try {
  const bundle = await rolldown({ cwd: root, input: 'src/cli/documented.ts', platform: 'node', external: ['koffi'] });
  await bundle.write({ dir: bundled, format: 'esm' });
  await bundle.close();
  const documented = await import(pathToFileURL(join(bundled, 'documented.js')).href);
  const stale = Object.entries(documentsOf(documented)).filter(([file, text]) => current(file) !== text);
  if (!process.argv.includes('--check')) {
    mkdirSync(join(root, 'man'), { recursive: true });
    for (const [file, text] of stale) writeFileSync(join(root, file), text);
  } else if (stale.length > 0) {
    const files = stale.map(([file]) => file).join(', ');
    process.stderr.write(`Out of date: ${files}. Run \`npm run documents\` and commit the result.\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(bundled, { recursive: true, force: true });
}

function documentsOf({ stagelock, EXIT, EXIT_MEANINGS, expectations, helperHelp, cleanupHelp, VERSION: version }) {
  const tables = tablesOf(expectations());
  return {
    'docs/configuration.md': configurationPage(tables),
    'man/stagelock.1': manOfCommands(stagelock(), { version, exits: EXIT, meanings: EXIT_MEANINGS }),
    'man/stagelock.toml.5': manOfConfiguration(tables, { version }),
    'man/ct-lock-helper.1': manOfHelp(
      {
        name: 'ct-lock-helper',
        summary: 'run a compiler, linker or archiver under a lock of its output',
        version,
        seeAlso: '.BR stagelock (1),\n.BR ct\\-cleanup\\-locks (1)',
      },
      helperHelp,
    ),
    'man/ct-cleanup-locks.1': manOfHelp(
      {
        name: 'ct-cleanup-locks',
        summary: 'remove locks and temporaries that killed compiles have left',
        version,
        seeAlso: '.BR ct\\-lock\\-helper (1),\n.BR stagelock (1)',
      },
      cleanupHelp,
    ),
  };
}

function current(file) {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return '';
  }
}
