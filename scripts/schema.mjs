// Writes config/stagelock.schema.json from src/config/schema.ts; with --check it only says whether that file is current.
// The source is TypeScript, which Node 20 cannot run, so it is bundled in memory first.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = join(root, 'config', 'stagelock.schema.json');

const bundle = await rolldown({ cwd: root, input: 'src/config/json-schema.ts', platform: 'node' });
const { output } = await bundle.generate({ format: 'esm' });
await bundle.close();
const { jsonSchema } = await import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`);
const wanted = `${JSON.stringify(jsonSchema(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (current() !== wanted) {
  process.stderr.write(
    'config/stagelock.schema.json is out of date: run `node scripts/schema.mjs` and commit the result.\n',
  );
  process.exitCode = 1;
}

function current() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
