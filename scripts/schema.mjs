// Writes the JSON Schemas in config/ from their sources in src/; with --check it only says whether they are current.
// The sources are TypeScript, which Node 20 cannot run, so they are bundled in memory first.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SCHEMAS = {
  'stagelock.schema.json': 'src/config/json-schema.ts',
  'status.schema.json': 'src/cli/status-schema.ts',
};

for (const [name, source] of Object.entries(SCHEMAS)) {
  const file = join(root, 'config', name);
  const wanted = `${JSON.stringify(await schemaOf(source), null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(file, wanted);
  } else if (textOf(file) !== wanted) {
    process.stderr.write(`config/${name} is out of date: run \`node scripts/schema.mjs\` and commit the result.\n`);
    process.exitCode = 1;
  }
}

async function schemaOf(source) {
  const bundle = await rolldown({ cwd: root, input: source, platform: 'node' });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const code = Buffer.from(output[0].code).toString('base64');
  const { jsonSchema } = await import(`data:text/javascript;base64,${code}`);
  return jsonSchema();
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
