/** A key with its value, as of some revision. Revisions, versions and leases are whole numbers of 64 bits, as decimal texts. */
export interface Entry {
  readonly key: string;
  /** UTF-8; of other bytes, which only other programs write, something else. */
  readonly value: string;
  /** The revision of the store at which the key was made. A key that was removed and made again has another one. */
  readonly createRevision: string;
  /** The revision of its last change. */
  readonly modRevision: string;
  /** How often it was written since it was made. */
  readonly version: string;
  /** The lease with which it ends; `0` for none. */
  readonly lease: string;
}

/** A text as etcd's JSON has keys and values. */
export function encoded(text: string): string {
  // A lone surrogate would become another key, the same for all of them.
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('a key or value for etcd is not well-formed Unicode');
  return Buffer.from(text, 'utf8').toString('base64');
}

export function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** The range of all keys with a prefix, as etcd has ranges: from its first key up to one that is not part of it. */
export function rangeOf(prefix: string): { readonly key: string; readonly range_end: string } {
  // All keys: from the least one without end.
  if (prefix === '') return { key: NUL, range_end: NUL };
  const end = Buffer.from(prefix, 'utf8');
  // No byte of UTF-8 is 0xff, so adding to the last one never carries.
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return { key: encoded(prefix), range_end: end.toString('base64') };
}

const NUL = Buffer.of(0).toString('base64');
