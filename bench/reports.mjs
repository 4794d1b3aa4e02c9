// Looking through a build log of a gigabyte, and merging what a secondary has missed for long.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { internal } from './internals.mjs';
import { interleaved } from './measure.mjs';

const MEGABYTES = 1024;

export async function bench() {
  return [...(await scanning()), ...(await scanningErrors()), ...(await merging())];
}

async function scanning() {
  const { scanLog } = await internal('reports/log-scan/scan.ts');
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    const file = join(directory, 'log');
    writeLog(file);
    const seconds = await interleaved(
      {
        scan: () => timed(() => scanLog(file)),
        grep: () => timed(() => spawnSync('grep', ['-cE', 'error|warning', file], { env: { LC_ALL: 'C' } })),
      },
      3,
    );
    const peak = process.resourceUsage().maxRSS / 1000;
    return [
      {
        what: `scanning a build log of ${MEGABYTES} MB`,
        against: '',
        value: MEGABYTES / seconds.scan,
        unit: 'MB/s',
        atLeast: 150,
      },
      { what: 'the same', against: "grep -cE 'error|warning'", value: seconds.scan / seconds.grep },
      { what: 'its peak of resident memory', against: '', value: peak, unit: 'MB', atMost: 150 },
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Logs of which each line has the word that matters, and is no error all the same; also in colours, and with much before it. */
const ERROR_LINES = {
  'names of files with "error"': '[ 10%] Building C object src/error_handling.c.o',
  'lines with "error" in colours': '\u001b[01m\u001b[Kchecking for strerror\u001b[m\u001b[K: error codes are there',
  '2,000 blanks and "error"': `${' '.repeat(2000)}error x`,
};

async function scanningErrors() {
  const { scanLog } = await internal('reports/log-scan/scan.ts');
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    const rows = [];
    for (const [what, line] of Object.entries(ERROR_LINES)) {
      const file = join(directory, 'log');
      writeFileSync(file, `${line}\n`.repeat(Math.ceil(100e6 / line.length)));
      const seconds = await interleaved(
        {
          scan: () => timed(() => scanLog(file)),
          grep: () => timed(() => spawnSync('grep', ['-c', 'error', file])),
        },
        5,
      );
      const value = seconds.scan / seconds.grep;
      rows.push({ what: `scanning 100 MB of ${what}`, against: 'grep -c error', value, atMost: 10 });
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function timed(act) {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1000;
}

/** Like a verbose build: progress, command lines with `-Wall`, now and then a warning with its context. */
function writeLog(file) {
  const lines = [];
  for (let n = 0; n < 20_000; n++) {
    lines.push(`[${n % 100}%] Building CXX object src/module${n % 37}/CMakeFiles/module.dir/file_${n}.cpp.o`);
    if (n % 3 === 0) {
      const flags = '-I/usr/include -Wall -Wextra -O2 -std=gnu++20';
      lines.push(`/usr/bin/c++ -DN=${n} ${flags} -MD -MF x.d -o file_${n}.cpp.o -c /home/ci/source/src/file_${n}.cpp`);
    }
    if (n % 500 === 0) {
      lines.push(`/home/ci/source/src/file_${n}.cpp:${n}:7: warning: unused variable 'x' [-Wunused-variable]`);
      lines.push('   12 |   int x;', '      |       ^');
    }
  }
  const block = Buffer.from(`${lines.join('\n')}\n`);
  const fd = openSync(file, 'w');
  for (let written = 0; written < MEGABYTES * 1024 * 1024; written += block.length) writeSync(fd, block);
  closeSync(fd);
}

async function merging() {
  const { mergeRecords } = await internal('updates/merge.ts');
  const { updateXml } = await internal('reports/update-xml.ts');
  const time = '2026-11-24T10:00:00Z';
  const records = Array.from({ length: 500 }, (_, n) => ({
    type: 'git',
    sequence: n + 2,
    prior: `r${n}`,
    revision: `r${n + 1}`,
    started: time,
    ended: time,
    changes: [changeOf(n, time)],
  }));
  const head = { generator: 'bench', site: 's', build: 'b', buildstamp: 'x', command: 'git', problem: '' };
  const ms = await interleaved(
    {
      merge: async () => (await timed(() => updateXml({ ...head, update: mergeRecords(records, records[0]) }))) * 1000,
    },
    5,
  );
  return [
    { what: 'merging 500 updates of 100 files into Update.xml', against: '', value: ms.merge, unit: 'ms', atMost: 200 },
  ];
}

function changeOf(n, time) {
  const person = { author: 'Ann', email: 'a@example.org', date: time };
  const committer = { committer: 'Ann', committerEmail: 'a@example.org', committedDate: time };
  const files = Array.from({ length: 100 }, (_, file) => ({
    path: `src/module${(n * 7 + file) % 60}/file${(n * 13 + file * 3) % 400}.c`,
    status: 'modified',
  }));
  return { revision: `r${n + 1}`, ...person, ...committer, log: `Change ${n}\n\nWith a second line.\n`, files };
}
