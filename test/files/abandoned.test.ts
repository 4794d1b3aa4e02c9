import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAbandoned, removeAbandoned } from '../../src/files/abandoned.js';
import { temporaryName } from '../../src/files/temporary-name.js';
import { type Host, thisHost } from '../../src/host/host.js';
import { temporaryDirectory } from '../updates/repository.js';

const here = thisHost();
const HOUR = 3_600_000;

/** A process of this host that has ended. */
function deadPid(): number {
  return spawnSync('true').pid;
}

test('what a dead process of this host has left goes at once, what may be in use or of another host later', () => {
  const directory = temporaryDirectory();
  const dead = { name: here.name, pid: deadPid() };
  const elsewhere = { name: `not-${here.name}`, pid: dead.pid };
  const gone = temporaryName(dead);
  const moved = `protocol.lockdir${temporaryName(dead)}`;
  const kept = [
    temporaryName(here),
    temporaryName({ name: here.name, pid: process.ppid }),
    temporaryName(elsewhere),
    `.${dead.pid}.0123456789abcdef.tmp`, // of an older version, which did not tell its host
    `.${dead.pid}.0123.tmp`,
    `report.${dead.pid}.0123456789abcdef.tmp`,
    'running',
  ];
  for (const name of [gone, ...kept]) writeFileSync(join(directory, name), '');
  mkdirSync(join(directory, moved));
  writeFileSync(join(directory, moved, 'pid'), 'x:1');
  removeAbandoned(directory, Date.now());
  expect(readdirSync(directory).sort()).toEqual([...kept].sort());
  removeAbandoned(directory, Date.now() + 2 * HOUR);
  expect(readdirSync(directory).sort()).toEqual(
    kept.filter((name, index) => [0, 1, 4, 5, 6].includes(index) && name !== '').sort(),
  );
});

test('links, directories and what is in them stay, whatever they are called', () => {
  const directory = temporaryDirectory();
  const dead = { name: here.name, pid: deadPid() };
  const names = [temporaryName(dead), temporaryName(dead), `protocol.lockdir${temporaryName(dead)}`];
  const [link = '', empty = '', full = ''] = names;
  writeFileSync(join(directory, 'precious'), 'precious');
  symlinkSync('precious', join(directory, link));
  for (const name of [empty, full]) mkdirSync(join(directory, name));
  writeFileSync(join(directory, full, 'precious'), 'precious');
  removeAbandoned(directory, Date.now() + 2 * HOUR);
  expect(readdirSync(directory).sort()).toEqual([...names, 'precious'].sort());
  expect(readdirSync(join(directory, full))).toEqual(['precious']);
});

test('a living process keeps its temporary, however far the clock has jumped', () => {
  const living: Host = { ...here, process: () => ({ kind: 'running', startedMs: Date.now(), startTicks: 1 }) };
  const name = temporaryName({ name: here.name, pid: 4711 });
  const at = (ageMs: number) => isAbandoned(name, { changedMs: 0, nowMs: ageMs }, living);
  expect([at(-24 * HOUR), at(0), at(24 * HOUR)]).toEqual([false, false, false]);
});

test('a directory that is missing has nothing abandoned', () => {
  const directory = temporaryDirectory();
  removeAbandoned(join(directory, 'missing'), Date.now());
  utimesSync(directory, 0, 0);
  expect(readdirSync(directory)).toEqual([]);
});
