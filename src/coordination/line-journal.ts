import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Entry } from '../etcd/entry.js';
import type { Etcd } from '../etcd/etcd.js';
import type { Compare, Operation } from '../etcd/transaction.js';
import { count, object, oneOf, parseRecord as parse, recordText, string, type TypeOf } from '../records/schema.js';
import { parseRecord, type UpdateRecord } from '../updates/record.js';
import type { Keys } from './keys.js';
import type { Line } from './line.js';
import type { RunWriter, Written } from './run-writer.js';

/** The record itself follows in parts of at most so many characters: etcd takes 1.5 MB at a time. */
const PART = 512 * 1024;
/** Of a packed record: more than a million changed files. */
const LONGEST = 64 * 1024 * 1024;
/** Of an unpacked one: what its packed form claims to be may be anything. */
const LONGEST_UNPACKED = 256 * 1024 * 1024;
/** So many records are removed by one run at most, and so many keys by one transaction. */
const AT_ONCE = 50;

/** What stands at the key of a record. */
const HEADER = object({
  format: oneOf(1),
  revision: string(),
  ended: string(),
  /** Names the parts. */
  nonce: string(/^[\w-]{1,64}$/),
  parts: count,
});
type Header = TypeOf<typeof HEADER>;

/** The newest record, as far as a decision needs it: what a run without news reads costs the same whatever the journal has. */
const HEAD = object({ format: oneOf(1), sequence: count, revision: string() });
export type LineHead = Pick<TypeOf<typeof HEAD>, 'sequence' | 'revision'>;

/** What is wrong with the journal, for a person. */
export class LineJournalError extends Error {}

/**
 * The journal of a primary in etcd: what its followers build, and what it goes on from when it runs on another host.
 *
 * A record counts from the moment its key is there, which is put last, by a transaction that compares the locks of the run.
 * Parts without a key, of a run that died in between, are removed by the next run that writes that record.
 */
export class LineJournal {
  readonly #etcd: Etcd;
  readonly #keys: Keys;
  readonly #primary: string;

  constructor(etcd: Etcd, keys: Keys, primary: string) {
    this.#etcd = etcd;
    this.#keys = keys;
    this.#primary = primary;
  }

  /** The newest record; undefined in an empty journal. @throws EtcdError, LineJournalError */
  async head(): Promise<LineHead | undefined> {
    const key = this.#keys.newest(this.#primary);
    const entry = await this.#etcd.get(key);
    const head = entry && parse(HEAD, entry.value);
    if (entry !== undefined && head === undefined)
      throw new LineJournalError(`${key} in etcd is not what it should be`);
    return head;
  }

  /**
   * All records after that number, oldest first, unbroken.
   *
   * @throws EtcdError; LineJournalError where one of them is missing or is not whole
   */
  async after(sequence: number): Promise<UpdateRecord[]> {
    const records: UpdateRecord[] = [];
    const prefix = this.#keys.records(this.#primary);
    for (let from = this.#keys.record(this.#primary, sequence); ; ) {
      const { entries, more } = await this.#etcd.list(prefix, { from, limit: 100 });
      for (const entry of entries) {
        const expected = (records.at(-1)?.sequence ?? sequence) + 1;
        if (this.#sequenceOf(entry) !== expected) {
          throw new LineJournalError(`record ${expected} of ${this.#primary} is missing from etcd (${prefix})`);
        }
        records.push(await this.#read(entry));
      }
      const last = entries.at(-1);
      if (!more || last === undefined) return records;
      from = last.key;
    }
  }

  /** The newest records, oldest first, at most so many. @throws EtcdError, LineJournalError */
  async newest(most: number): Promise<UpdateRecord[]> {
    const head = await this.head();
    if (head === undefined) return [];
    const from = this.#keys.record(this.#primary, Math.max(0, head.sequence - most));
    const { entries } = await this.#etcd.list(this.#keys.records(this.#primary), { from, limit: most });
    const records: UpdateRecord[] = [];
    for (const entry of entries) records.push(await this.#read(entry));
    return records;
  }

  /** The record of that number. @throws EtcdError, LineJournalError */
  async record(sequence: number): Promise<UpdateRecord> {
    const key = this.#keys.record(this.#primary, sequence);
    const entry = await this.#etcd.get(key);
    if (entry === undefined) throw new LineJournalError(`${key} is missing from etcd`);
    return this.#read(entry);
  }

  /**
   * Adds a record, by the run that holds these locks.
   *
   * If the process dies before the key is put, nothing was added; if it dies right after, the record is what the source
   * is, and the next run of the primary, on whatever host, goes on from it.
   *
   * @param isNewest false for one of several that are added to an empty journal, which count from the last one on
   */
  async append(
    record: UpdateRecord,
    { writer, line }: { writer: RunWriter; line: Line },
    isNewest = true,
  ): Promise<Written> {
    const key = this.#keys.record(this.#primary, record.sequence);
    const where = this.#keys.parts(this.#primary, record.sequence);
    const absent: Compare = { key, what: 'absent' };
    const nonce = randomBytes(9).toString('base64url');
    const parts = partsOf(record);
    const removed = await writer.write([...line.fence, absent], [{ removePrefix: where }]);
    if (removed.kind !== 'written') return removed;
    for (const [index, value] of parts.entries()) {
      const put: Operation = { put: `${where}${nonce}/${index}`, value };
      const written = await writer.write([...line.fence, absent], [put]);
      if (written.kind !== 'written') return written;
    }
    const { revision, ended } = record;
    const value = recordText(HEADER, { format: 1, revision, ended, nonce, parts: parts.length });
    const newest = recordText(HEAD, { format: 1, sequence: record.sequence, revision });
    const head: Operation = { put: this.#keys.newest(this.#primary), value: newest };
    return writer.write([...line.fence, absent], [{ put: key, value }, ...(isNewest ? [head] : [])]);
  }

  /** Removes the records of a journal that has no newest one, by the run that holds these locks: nothing has read them. */
  clear({ writer, line }: { writer: RunWriter; line: Line }): Promise<Written> {
    const empty: Compare = { key: this.#keys.newest(this.#primary), what: 'absent' };
    return writer.write(
      [...line.fence, empty],
      [{ removePrefix: this.#keys.records(this.#primary) }, { removePrefix: this.#keys.allParts(this.#primary) }],
    );
  }

  /** The record that a build has come to, by the run that holds these locks. */
  moveCursor(build: string, sequence: number, { writer, line }: { writer: RunWriter; line: Line }): Promise<Written> {
    return writer.write(line.fence, [{ put: this.#keys.cursor(this.#primary, build), value: String(sequence) }]);
  }

  /** The number of the oldest record; undefined in an empty journal. @throws EtcdError, LineJournalError */
  async first(): Promise<number | undefined> {
    const { entries } = await this.#etcd.list(this.#keys.records(this.#primary), { limit: 1, keysOnly: true });
    return entries[0] && this.#sequenceOf(entries[0]);
  }

  /**
   * Removes where these followers build and then all of the journal and the ends of runs, since the project goes on in files; says so in the same
   * transaction, so that there is no moment in which a run could begin an empty one. A process that dies before it has left the
   * journal whole, and the next one removes it.
   *
   * @param homes of which followers
   * @param moved what the key says that keeps runs from beginning
   */
  async remove(
    { homes, moved }: { readonly homes: readonly string[]; readonly moved: string },
    { writer, line }: { writer: RunWriter; line: Line },
  ): Promise<Written> {
    const keys = this.#keys;
    for (let at = 0; at < homes.length; at += AT_ONCE) {
      const some = homes.slice(at, at + AT_ONCE).map((follower): Operation => ({ remove: keys.home(follower) }));
      const written = await writer.write(line.fence, some);
      if (written.kind !== 'written') return written;
    }
    return writer.write(line.fence, [
      { remove: keys.newest(this.#primary) },
      { removePrefix: keys.records(this.#primary) },
      { removePrefix: keys.allParts(this.#primary) },
      { removePrefix: keys.cursors(this.#primary) },
      ...keys.pasts.map((removePrefix): Operation => ({ removePrefix })),
      { put: keys.moved, value: moved },
    ]);
  }

  /** How far each build has come, by its name. What is no number is left out. */
  async cursors(): Promise<ReadonlyMap<string, number>> {
    const prefix = this.#keys.cursors(this.#primary);
    const { entries } = await this.#etcd.list(prefix);
    return new Map(
      entries.flatMap(({ key, value }) =>
        /^\d{1,15}$/.test(value) ? [[key.slice(prefix.length), Number(value)] as const] : [],
      ),
    );
  }

  /**
   * Removes the oldest records that all builds have passed and that have reached the age, by the rule for the journal in files:
   * never the newest one, nor the one that a cursor stands at. Where a build has not come for as long again, it is not waited for:
   * a host that was given away would keep all records for ever.
   *
   * @param age that of the records: older than the first, and older than the second whatever a cursor says; milliseconds since 1970
   */
  async prune(
    age: { readonly olderThan: number; readonly inAnyCase: number },
    { writer, line }: { writer: RunWriter; line: Line },
  ): Promise<number> {
    const needed = Math.min(...(await this.cursors()).values());
    if (!Number.isFinite(needed)) return 0;
    const { entries, more } = await this.#etcd.list(this.#keys.records(this.#primary), { limit: AT_ONCE + 1 });
    const old = (more ? entries : entries.slice(0, -1)).slice(0, AT_ONCE);
    let removed = 0;
    for (const entry of old) {
      const sequence = this.#sequenceOf(entry);
      const endedMs = Date.parse(headerOf(entry).ended);
      if (!(endedMs < age.inAnyCase || (sequence < needed && endedMs < age.olderThan))) break;
      const gone = [{ remove: entry.key }, { removePrefix: this.#keys.parts(this.#primary, sequence) }];
      if ((await writer.write(line.fence, gone)).kind !== 'written') break;
      removed++;
    }
    return removed;
  }

  #sequenceOf({ key }: Entry): number {
    const digits = key.slice(this.#keys.records(this.#primary).length);
    if (!/^\d{1,15}$/.test(digits)) throw new LineJournalError(`${key} in etcd is not the key of an update record`);
    return Number(digits);
  }

  async #read(entry: Entry): Promise<UpdateRecord> {
    const sequence = this.#sequenceOf(entry);
    const { nonce, parts } = headerOf(entry);
    const prefix = this.#keys.parts(this.#primary, sequence);
    let packed = '';
    for (let index = 0; index < parts; index++) {
      const part = await this.#etcd.get(`${prefix}${nonce}/${index}`);
      packed += part?.value ?? '';
      if (part === undefined || packed.length > LONGEST) {
        throw new LineJournalError(`part ${index} of ${entry.key} in etcd is ${part ? 'too long' : 'missing'}`);
      }
    }
    const record = unpacked(packed);
    if (typeof record !== 'string' && record.sequence === sequence) return record;
    const why = typeof record === 'string' ? record : `it is record ${record.sequence}`;
    throw new LineJournalError(`${entry.key} in etcd holds no whole update record: ${why}`);
  }
}

function headerOf({ key, value }: Entry): Header {
  const header = parse(HEADER, value);
  if (header === undefined) throw new LineJournalError(`${key} in etcd holds no update record`);
  return header;
}

/** Of what is longer than anything a person reads, only the newest commits are kept: what the source is, the record says anyway. */
function partsOf(record: UpdateRecord): string[] {
  for (let kept = record; ; kept = { ...kept, changes: kept.changes.slice(Math.ceil(kept.changes.length / 2)) }) {
    const packed = gzipSync(JSON.stringify(kept)).toString('base64');
    if (packed.length > LONGEST && kept.changes.length > 0) continue;
    const parts: string[] = [];
    for (let at = 0; at < packed.length; at += PART) parts.push(packed.slice(at, at + PART));
    return parts;
  }
}

function unpacked(packed: string): UpdateRecord | string {
  try {
    return parseRecord(gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: LONGEST_UNPACKED }).toString());
  } catch {
    return 'cut off, or not what was written';
  }
}
