// npm run test:campaign [-- OPTION...]: seeded accidents to real builds, see test/campaign/campaign.ts and CONTRIBUTING.md.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
if (!process.argv.includes('--program'))
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
const bundle = await rolldown({ input: 'test/campaign/campaign.ts', platform: 'node', external: ['koffi'] });
const file = join(root, 'test', 'campaign', 'built', 'campaign.js');
await bundle.write({ file, format: 'esm' });
await bundle.close();
const { campaign } = await import(pathToFileURL(file).href);
process.exitCode = await campaign(root, process.argv.slice(2));
