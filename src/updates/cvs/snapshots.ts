import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../../files/atomic-file.js';
import { ensureDirectory } from '../../files/ensure-directory.js';
import { errorCode } from '../../host/error-code.js';
import { digestOf, type Entries, isDigest } from './entries.js';

/**
 * What the entries were at the last revisions, by their digest. CVS itself knows no revision of the tree, so without the
 * entries of the last record it would be unknown what has changed since.
 */
export class Snapshots {
  readonly #directory: string;

  /** @param directory beside the journal; made when it is first needed */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Keeps the entries. A process that dies here leaves them whole or not at all. @throws the system's error */
  keep(entries: Entries): void {
    ensureDirectory(this.#directory);
    const file = this.#file(digestOf(entries));
    if (readRegularFile(file) === undefined) replaceAtomically(file, `${JSON.stringify([...entries])}\n`);
  }

  /** Undefined when there are none of that digest, or they cannot be understood. */
  of(digest: string): Entries | undefined {
    const text = readRegularFile(this.#file(digest));
    if (text === undefined) return undefined;
    try {
      const entries = new Map(JSON.parse(text) as [string, string][]);
      return digestOf(entries) === digest ? entries : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether nothing was ever kept. */
  isEmpty(): boolean {
    return this.#names().length === 0;
  }

  /** Removes all but those of these digests. */
  keepOnly(digests: readonly string[]): void {
    const wanted = new Set(digests.map((digest) => `${digest}.json`));
    for (const name of this.#names()) {
      if (!wanted.has(name) && /^[0-9a-f]{40}\.json$/.test(name)) unlinkSync(join(this.#directory, name));
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#directory);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #file(digest: string): string {
    if (!isDigest(digest)) throw new Error(`not a digest of entries: ${JSON.stringify(digest)}`);
    return join(this.#directory, `${digest}.json`);
  }
}
