// What is wrong with native/, as far as tools see it: how it looks (clang-format), circles of files, warnings of the compilers,
// and what clang-tidy finds. Only here and in CI a warning is an error: a user's compiler may know others. A tool that is
// missing is named and passed over, unless --strict asks for all of them.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiler } from './compiler.mjs';
import { cFilesOf, FLAGS, LIBRARY_FLAGS } from './native.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const strict = process.argv.includes('--strict');
const FRONT = cFilesOf('native');
const KEEPER = cFilesOf('native/keeper');
const LIBRARY = cFilesOf('native/libc');
const HEADERS = readdirSync('native')
  .filter((name) => name.endsWith('.h'))
  .map((name) => join('native', name));
const OTHERS = [
  'test/compile/plan-driver.c',
  'test/native/fuzz.c',
  'test/native/shown-driver.c',
  'test/once/once-driver.c',
];
const WARNINGS = ['-Werror', '-Wshadow', '-Wmissing-prototypes', '-Wstrict-prototypes'];

let failed = false;

function fail(text) {
  failed = true;
  process.stdout.write(`${text.trimEnd()}\n`);
}

function has(tool) {
  if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0) return true;
  if (strict) fail(`${tool} is missing`);
  else process.stdout.write(`${tool} is missing: passed over\n`);
  return false;
}

function checkFormat() {
  if (!has('clang-format')) return;
  const files = [...FRONT, ...HEADERS, ...KEEPER, ...LIBRARY, ...OTHERS];
  const done = spawnSync('clang-format', ['--style=file', '--dry-run', '-Werror', ...files], { encoding: 'utf8' });
  if (done.status !== 0) fail(`${done.stderr}\nRun \`npm run native-format\`.`);
}

/** A file and its header are one part. Every function stands in the header of its own part, so includes tell who calls whom. */
function checkCircles() {
  const includes = new Map();
  for (const file of [...FRONT, ...HEADERS]) {
    const part = basename(file).slice(0, -2);
    const names = [...readFileSync(file, 'utf8').matchAll(/^#include "([a-z0-9_]+)\.h"/gm)].map(([, name]) => name);
    includes.set(part, new Set([...(includes.get(part) ?? []), ...names]));
    if (file.endsWith('.c') && part !== 'main' && !existsSync(`native/${part}.h`)) {
      fail(`${file}: has no header of its own, so what it offers is declared elsewhere`);
    }
  }
  const done = new Set();
  const visit = (part, way) => {
    if (way.includes(part)) return fail(`a circle: ${[...way.slice(way.indexOf(part)), part].join(' -> ')}`);
    if (done.has(part)) return;
    for (const other of includes.get(part) ?? []) if (other !== part) visit(other, [...way, part]);
    done.add(part);
  };
  for (const part of includes.keys()) visit(part, []);
}

/** Warns of the front and the keeper; of the small library, too, which has declarations of its own. */
function compileJobs() {
  const compilers = [compiler(), ...(compiler()[0] === 'clang' ? [] : [['clang']])].filter(([program]) => has(program));
  return compilers.flatMap(([program, ...options]) => [
    ...parts([...FRONT, ...KEEPER]).map((files) => [
      program,
      ...options,
      ...FLAGS,
      ...WARNINGS,
      '-fsyntax-only',
      ...files,
    ]),
    [
      program,
      ...options,
      ...FLAGS,
      '-Werror',
      ...LIBRARY_FLAGS.filter((flag) => /^-[fUD]/.test(flag)),
      '-fsyntax-only',
      ...LIBRARY,
    ],
  ]);
}

function tidyJobs() {
  if (!has('clang-tidy')) return [];
  // One file at a time: of a second one clang-tidy 14 takes each va_list for uninitialized.
  return [...FRONT, ...KEEPER].map((file) => ['clang-tidy', '--quiet', file, '--', ...FLAGS]);
}

/** For each processor some. */
function parts(files) {
  const count = availableParallelism() * 2;
  return Array.from({ length: count }, (_, index) => files.filter((_, at) => at % count === index)).filter(
    (part) => part.length > 0,
  );
}

async function work(jobs) {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const [program, ...args] = job;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let told = '';
    child.stdout.on('data', (data) => (said += data));
    child.stderr.on('data', (data) => (told += data));
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (code !== 0) fail(said === '' ? told : said);
  }
}

checkFormat();
checkCircles();
const jobs = [...compileJobs(), ...tidyJobs()];
await Promise.all(Array.from({ length: availableParallelism() }, () => work(jobs)));
process.exitCode = failed ? 1 : 0;
