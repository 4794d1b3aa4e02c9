import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  append,
  headAt,
  journalDirectory,
  lastHead,
  lastRecord,
  lastSequence,
  oldestHeads,
  recordFile,
  recordsAfter,
} from '../../src/updates/journal.js';
import type { UpdateRecord } from '../../src/updates/record.js';
import { change, record } from './record.js';
import { temporaryDirectory } from './repository.js';

/** A journal with the records r0→r0, r0→r1, … */
function journalOf(count: number): { journal: string; records: UpdateRecord[] } {
  const journal = journalDirectory(temporaryDirectory());
  const records: UpdateRecord[] = [];
  for (let i = 1; i <= count; i++) {
    const written = record(i, `r${Math.max(0, i - 2)}`, `r${i - 1}`, i === 1 ? [] : [change(`r${i - 1}`, 'ü.c')]);
    expect(append(journal, written)).toBe('appended');
    records.push(written);
  }
  return { journal, records };
}

describe('a journal', () => {
  it('that does not exist is empty', () => {
    const journal = journalDirectory(temporaryDirectory());
    expect(lastRecord(journal)).toEqual({ record: undefined, sequence: 0, problems: [] });
    expect(lastSequence(journal)).toBe(0);
    expect(recordsAfter(journal, 0)).toEqual({ kind: 'records', records: [], problems: [] });
  });

  it('gives back what was appended, in order, and whatever lies after a cursor', () => {
    const { journal, records } = journalOf(12);
    expect(readdirSync(journal)).toEqual(records.map((_, i) => `${String(i + 1).padStart(8, '0')}.json`));
    expect(lastRecord(journal)).toEqual({ record: records[11], sequence: 12, problems: [] });
    for (const after of [0, 1, 9, 12]) {
      expect(recordsAfter(journal, after)).toEqual({ kind: 'records', records: records.slice(after), problems: [] });
    }
    expect(headAt(journal, 3)).toMatchObject({ revision: 'r2', prior: 'r1' });
  });

  it('never changes a record', () => {
    const { journal, records } = journalOf(2);
    const before = readFileSync(recordFile(journal, 2), 'utf8');
    expect(append(journal, record(2, 'x', 'y', []))).toBe('exists');
    expect(readFileSync(recordFile(journal, 2), 'utf8')).toBe(before);
    expect(lastRecord(journal).record).toEqual(records[1]);
  });

  it('does not mistake the temporary of a killed writer, or the cursors, for records', () => {
    const { journal } = journalOf(1);
    writeFileSync(join(journal, '.123.abc.tmp'), '{');
    writeFileSync(join(journal, 'notes.json'), '{');
    mkdirSync(join(journal, 'cursors'));
    expect(lastSequence(journal)).toBe(1);
  });
});

describe('a torn last record', () => {
  it('of any length is reported with its file, and the one before it is the last', () => {
    const { journal, records } = journalOf(3);
    const file = recordFile(journal, 3);
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      const newest = lastRecord(journal);
      expect(newest).toMatchObject({ sequence: 3, problems: [{ kind: 'unreadable', sequence: 3, file }] });
      expect(newest.record).toEqual(records[1]);
      expect(recordsAfter(journal, 1)).toMatchObject({
        kind: 'records',
        records: [{ sequence: 2 }],
        problems: [{ file }],
      });
    }
  });

  it.each([
    ['another number', (whole: string) => whole.replace('"sequence": 3', '"sequence": 2')],
    ['another format', (whole: string) => whole.replace('"format": 1', '"format": 2')],
    ['a change without files', (whole: string) => whole.replace('"files": [', '"fils": [')],
    ['a file of unknown status', (whole: string) => whole.replace('"modified"', '"burnt"')],
    ['no time', (whole: string) => whole.replace(/"started": "[^"]*"/, '"started": "soon"')],
    ['zeroes, as after a power cut', (whole: string) => '\0'.repeat(whole.length)],
  ])('may also have %s', (_, damage) => {
    const { journal, records } = journalOf(3);
    const whole = readFileSync(recordFile(journal, 3), 'utf8');
    expect(damage(whole)).not.toBe(whole);
    writeFileSync(recordFile(journal, 3), damage(whole));
    expect(lastRecord(journal)).toMatchObject({ record: records[1], problems: [{ kind: 'unreadable' }] });
  });

  it('is spanned by the next record, so that nobody loses its update', () => {
    const { journal, records } = journalOf(4);
    truncateSync(recordFile(journal, 3), 10);
    truncateSync(recordFile(journal, 4), 0);
    const newest = lastRecord(journal);
    expect(newest).toMatchObject({ record: records[1], sequence: 4, problems: [{ sequence: 3 }, { sequence: 4 }] });
    const spanning = record(5, 'r1', 'r9', [change('r2'), change('r3'), change('r9')]);
    expect(append(journal, spanning)).toBe('appended');
    for (const after of [0, 1, 2]) {
      const all = recordsAfter(journal, after);
      expect(all).toMatchObject({ kind: 'records', problems: [{ sequence: 3 }, { sequence: 4 }] });
      expect(all.kind === 'records' && all.records).toEqual([...records.slice(after, 2), spanning]);
    }
    // Who had built record 3 before it rotted gets it once more rather than losing record 5.
    expect(recordsAfter(journal, 3)).toMatchObject({ kind: 'records', records: [spanning] });
  });
});

describe('a journal with something lost', () => {
  it('between two records says which is missing and gives no part', () => {
    const { journal } = journalOf(5);
    rmSync(recordFile(journal, 3));
    expect(recordsAfter(journal, 1)).toMatchObject({
      kind: 'lost',
      problem: { kind: 'gap', sequence: 3, file: recordFile(journal, 3) },
    });
    expect(recordsAfter(journal, 3)).toMatchObject({ kind: 'records', records: [{ sequence: 4 }, { sequence: 5 }] });
  });

  it('to rot in its middle is lost, because nobody spanned it', () => {
    const { journal } = journalOf(5);
    truncateSync(recordFile(journal, 3), 10);
    for (const after of [0, 1, 2]) {
      expect(recordsAfter(journal, after)).toMatchObject({
        kind: 'lost',
        problem: { kind: 'broken-chain', sequence: 4 },
      });
    }
  });

  it('because somebody removed it is told to the builds that were further', () => {
    const { journal } = journalOf(2);
    expect(recordsAfter(journal, 3)).toMatchObject({ kind: 'lost', problem: { kind: 'ahead', sequence: 3 } });
  });

  it('or not readable at all is an error, and not a torn record', () => {
    const { journal } = journalOf(2);
    rmSync(recordFile(journal, 2));
    symlinkSync('/etc/passwd', recordFile(journal, 2));
    expect(() => lastRecord(journal)).toThrow('a symbolic link is in the way');
    expect(() => recordsAfter(journal, 0)).toThrow(recordFile(journal, 2));
    if (process.getuid?.() === 0) return;
    rmSync(recordFile(journal, 2));
    writeFileSync(recordFile(journal, 2), '');
    chmodSync(recordFile(journal, 2), 0);
    expect(() => lastRecord(journal)).toThrow('EACCES');
  });
});

/** An update of as many commits, each with texts that could be taken for the end of a head. */
function large(sequence: number, commits: number): UpdateRecord {
  const changes = Array.from({ length: commits }, (_, at) => ({
    ...change(`c${at}`, `dir/"changes": [ ${at}`, '\n}\n', 'ü'),
    log: '\n "changes": [\n}\n',
  }));
  return { ...record(sequence, `r${sequence - 2}`, `r${sequence - 1}`, changes), modified: ['a.c'] };
}

const headOf = ({ changes: _changes, modified: _modified, conflicting: _conflicting, ...head }: UpdateRecord) => head;

/** What this process has read, in bytes. */
const bytesRead = (): number => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

function readBy(act: () => void): number {
  const before = bytesRead();
  act();
  return bytesRead() - before;
}

describe('the head of a record', () => {
  it('is what stands before its changes', () => {
    const { journal } = journalOf(2);
    const written = large(3, 500);
    append(journal, written);
    expect(lastHead(journal)).toEqual({ record: headOf(written), sequence: 3, problems: [] });
    expect(headAt(journal, 3)).toEqual(headOf(written));
    append(journal, record(4, 'r2', 'r3', []));
    expect([...oldestHeads(journal)].map(({ revision }) => revision)).toEqual(['r0', 'r1', 'r2']);
  });

  it.skipIf(process.platform !== 'linux')('costs the same whatever the update has brought', () => {
    const [small = 0, great = 0] = [500, 50_000].map((commits) => {
      const { journal } = journalOf(2);
      append(journal, large(3, commits));
      return readBy(() => lastHead(journal));
    });
    // Also the numbers themselves are read.
    expect(Math.abs(great - small)).toBeLessThan(50);
    expect(great).toBeLessThan(20_000);
  });

  it('is none where the record is cut off, as for who reads all of it', () => {
    const { journal } = journalOf(2);
    append(journal, large(3, 100));
    const file = recordFile(journal, 3);
    const { size } = statSync(file);
    for (const length of [size - 2, size - 3, size - 100, 20_000, 16_384, 16_383, 300, 10, 1, 0]) {
      truncateSync(file, length);
      const [head, whole] = [lastHead(journal), lastRecord(journal)];
      expect(head).toMatchObject({ sequence: 3, record: { sequence: 2 }, problems: [{ kind: 'unreadable' }] });
      expect(head.problems).toEqual(whole.problems);
    }
  });

  it('is found in a record that is written in another way, or that has more before its changes', () => {
    const { journal } = journalOf(2);
    append(journal, large(3, 300));
    const { changes, ...rest } = large(3, 300);
    for (const text of [
      JSON.stringify({ ...rest, changes }),
      JSON.stringify({ changes, ...rest }, undefined, 1),
      `${JSON.stringify({ ...rest, revision: 'r'.repeat(20_000), changes }, undefined, 1)}\n`,
    ]) {
      writeFileSync(recordFile(journal, 3), text);
      expect(lastHead(journal)).toMatchObject({ sequence: 3, record: { sequence: 3, prior: 'r1' }, problems: [] });
    }
    writeFileSync(recordFile(journal, 3), `${JSON.stringify(large(4, 300), undefined, 1)}\n`);
    expect(lastHead(journal).problems).toMatchObject([{ message: expect.stringContaining('under another name') }]);
  });
});
