// What `stagelock web` costs with 200 builds and 100,000 runs of history: the first byte and the whole of each page, the memory after all of
// them, and what an open page costs a run without news. `node bench/web.mjs`, after `npm run build`.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const STAGELOCK = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'stagelock.js');
const BUILDS = 200;
const RUNS = 500;
const INTERVAL_MS = 600_000;
const ROUNDS = 20;
const PAGES = ['', '/timeline', '/grid', '/tests', '/contention', '/builds/s1'];

const root = mkdtempSync(join(tmpdir(), 'stagelock-bench-web-'));
try {
  const config = makeProject();
  const alone = runs(config);
  const server = spawn(process.execPath, [STAGELOCK, '--config', config, 'web', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(server.stdout.setEncoding('utf8'), 'data');
  const project = `${url.trim()}p/many`;
  await asked(`${url.trim()}style.css`); // the client has to warm up, too
  for (const page of PAGES) {
    const { firstMs, wholeMs, bytes } = await asked(`${project}${page}`);
    const columns = [
      page || '/',
      `${firstMs.toFixed(0)} ms`,
      `${wholeMs.toFixed(0)} ms`,
      `${(bytes / 1024).toFixed(0)} kB`,
    ];
    print(
      `${columns[0].padEnd(14)} first byte ${columns[1].padStart(6)}  whole ${columns[2].padStart(8)}  ${columns[3]}`,
    );
  }
  print(`resident after these: ${residentMegabytes(server.pid)} MB`);
  const events = await fetch(`${url.trim()}events`);
  const besides = runs(config);
  await events.body.cancel();
  print(
    `a run without news beside an open page: ${(besides / alone).toFixed(2)} of what it takes alone (median of ${ROUNDS})`,
  );
  server.kill();
  await once(server, 'close');
} finally {
  rmSync(root, { recursive: true });
}

function makeProject() {
  const git = (...words) => execFileSync('git', words, { cwd: root, stdio: 'ignore' });
  git('init', '-q', '--bare', '-b', 'main', 'origin.git');
  git('clone', '-q', 'origin.git', 'source');
  writeFileSync(join(root, 'source', 'file'), '');
  for (const words of [
    ['add', '.'],
    ['-c', 'user.name=n', '-c', 'user.email=e@example.org', 'commit', '-qm', 'one'],
    ['push', '-q', 'origin', 'HEAD:main'],
  ])
    git('-C', 'source', ...words);
  const names = ['main', ...Array.from({ length: BUILDS - 1 }, (_, index) => `s${index + 1}`)];
  const tables = names.map(
    (name) =>
      `[builds.${name}]\ndirectory = "${name}"\nschedule = "*/10 * * * *"\n${name === 'main' ? '[builds.main.update]\nbranch = "main"\n' : 'primary = "main"\n'}`,
  );
  const stages = ['build', 'test'].map((name) => `[defaults.stages.${name}]\ncommand = ["true"]\n`).join('');
  const config = join(root, 'stagelock.toml');
  writeFileSync(config, `[project]\nname = "many"\n[defaults]\nsource = "source"\n${stages}${tables.join('')}`);
  for (const [index, name] of names.entries()) {
    mkdirSync(join(root, name, 'Testing', 'Temporary'), { recursive: true });
    writeFileSync(join(root, name, 'Testing', 'History.jsonl'), history(index));
  }
  execFileSync(process.execPath, [STAGELOCK, '--config', config, 'run', 'main']);
  return config;
}

/** Runs of the last days, one in ten of which failed. */
function history(index) {
  const now = Date.now();
  return Array.from({ length: RUNS }, (_, number) => {
    const began = now - (RUNS - number) * INTERVAL_MS + index * 1000;
    const begun = new Date(began).toISOString();
    const stamp = `${begun.slice(0, 10).replaceAll('-', '')}-${begun.slice(11, 13)}${begun.slice(14, 16)}-Continuous`;
    const line = { run: randomBytes(8).toString('hex'), begun, stamp };
    const failed = (number + index) % 10 === 0;
    const wait =
      index === 0 ? { lock: 'running.s1', build: 's1', ms: 30_000 } : { lock: 'update', build: 'main', ms: 30_000 };
    const ended = {
      ...line,
      ended: new Date(began + 300_000).toISOString(),
      result: failed ? 'stage-failed' : 'done',
      ...(failed && { headline: 'build failed: 2 errors' }),
      exitCode: Number(failed),
      waitedMs: 30_000,
      waits: [wait],
      update: { revision: randomBytes(20).toString('hex'), commits: 2, records: [number + 1] },
      stages: [
        { name: 'build', outcome: failed ? 'failed' : 'passed', ms: 150_000, at: 40_000 },
        { name: 'test', outcome: 'passed', ms: 40_000, at: 190_000 },
      ],
    };
    return `${JSON.stringify(line)}\n${JSON.stringify(ended)}\n`;
  }).join('');
}

async function asked(address) {
  const began = performance.now();
  const answer = await fetch(address);
  const reader = answer.body.getReader();
  let bytes = (await reader.read()).value.length;
  const firstMs = performance.now() - began;
  for (let read = await reader.read(); !read.done; read = await reader.read()) bytes += read.value.length;
  return { firstMs, wholeMs: performance.now() - began, bytes };
}

/** The median time of a run without news, in milliseconds. */
function runs(config) {
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    execFileSync(process.execPath, [STAGELOCK, '--config', config, 'run', 'main']);
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[ROUNDS / 2];
}

function residentMegabytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(kilobytes / 1024);
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
