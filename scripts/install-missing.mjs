// Installs what package-lock.json lists when node_modules is absent or older, so that the README's two commands are
// enough on a fresh clone. Uses nothing but Node, since it runs before anything is installed.
//
// `npm install --no-save` and not `npm ci`: that refuses a lock file that does not list the optional binaries of every
// platform there is, which a registry mirror that carries only some of them cannot produce.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainMissing, missingPrograms } from './prerequisites.mjs';

// Half a minute of installing must not come before the word that there is no make.
const missing = process.argv.includes('--for-demo') ? missingPrograms() : [];
if (missing.length > 0) {
  process.stderr.write(explainMissing(missing));
  process.exit(1);
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const installed = join(root, 'node_modules', '.package-lock.json');
const wanted = join(root, 'package-lock.json');

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  process.stdout.write('Installing dependencies ...\n');
  const options = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', options, { cwd: root, stdio: 'inherit' });
  if (npm.status !== 0) {
    process.stderr.write('npm install failed; see its messages above.\n');
    process.exit(npm.status ?? 1);
  }
}
