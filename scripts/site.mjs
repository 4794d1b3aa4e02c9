// What `npm run docs` runs: the pages of docs/ and the API as a site in site/built. Its tools have a package.json of their own
// in site/, so that nobody installs them who does not build it. A link that leads nowhere ends it with an error.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const site = join(root, 'site');
const pages = join(site, 'pages');

/** Pages outside of docs/, and what they are in the site. */
const OTHERS = {
  'README.md': 'index.md',
  'ARCHITECTURE.md': 'ARCHITECTURE.md',
  'CHANGELOG.md': 'CHANGELOG.md',
  'CONTRIBUTING.md': 'CONTRIBUTING.md',
  'SECURITY.md': 'security-policy.md',
  'test/model/README.md': 'model.md',
};

const inDocs = readdirSync(join(root, 'docs'), { recursive: true }).filter((name) =>
  statSync(join(root, 'docs', name)).isFile(),
);
const placeOf = new Map([...Object.entries(OTHERS), ...inDocs.map((name) => [`docs/${name}`, name])]);

install();
rmSync(pages, { recursive: true, force: true });
mkdirSync(pages, { recursive: true });
for (const [file, place] of placeOf) {
  if (file.endsWith('.md')) writeFileSync(join(pages, place), pageOf(file));
  else cpSync(join(root, file), join(pages, place));
}
run(join(site, 'node_modules', '.bin', 'typedoc'), ['--options', 'typedoc.json']);
run(join(site, 'node_modules', '.bin', 'vitepress'), ['build', '.']);
process.stdout.write(`The site is in ${relative(root, join(site, 'built'))}; npx serve shows it.\n`);

/** Nothing that runs while it is installed: the tools of the site need none of that. */
function install() {
  const installed = join(site, 'node_modules', '.package-lock.json');
  const lock = join(site, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** The text of a page, with links as the site has them: a file that is no page is named, not linked. */
function pageOf(file) {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^<!--.*?-->\n+/gms, '');
  const parts = text.split(/(^```.*?^```)/ms);
  return parts.map((part) => (part.startsWith('```') ? part : withLinks(part, file))).join('');
}

function withLinks(text, file) {
  return text.replaceAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, image, label, target) => {
    if (/^([a-z]+:|#)/.test(target)) return link;
    const [path, anchor] = target.split('#');
    const meant = join(dirname(file), path);
    if (!existsSync(join(root, meant))) throw new Error(`${file}: ${target} is not there`);
    const place = placeOf.get(meant);
    if (place === undefined) return label.includes('`') ? label : `\`${label}\``;
    return `${image}[${label}](./${place}${anchor === undefined ? '' : `#${anchor}`})`;
  });
}

function run(command, words) {
  const ended = spawnSync(command, words, { cwd: site, stdio: 'inherit' });
  if (ended.status === 0) return;
  process.stderr.write(`${[command, ...words].join(' ')} failed; see its messages above.\n`);
  process.exit(1);
}
