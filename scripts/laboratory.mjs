// npm run laboratory [-- COMMAND...]: the file system laboratory of test/filesystems by hand. See CONTRIBUTING.md.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const bundle = await rolldown({
  input: 'test/filesystems/laboratory/shell.ts',
  platform: 'node',
  external: ['rolldown'],
});
const file = join(root, 'test', 'filesystems', 'built', 'shell.js');
await bundle.write({ file, format: 'esm' });
await bundle.close();
const { laboratory } = await import(pathToFileURL(file).href);
process.exitCode = await laboratory(process.argv.slice(2));
