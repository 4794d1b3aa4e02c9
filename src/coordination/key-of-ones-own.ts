import type { Etcd } from '../etcd/etcd.js';

/** A key that one process makes, with a value that no other one writes. */
export interface OwnKey {
  readonly key: string;
  readonly value: string;
  readonly lease: string;
}

/**
 * Makes a key if it is not there. May be repeated as it is: one whose answer was lost is known by its value.
 *
 * @returns its `create_revision`; undefined when it is another one's
 * @throws EtcdError
 */
export async function makeOwnKey(etcd: Etcd, { key, value, lease }: OwnKey): Promise<string | undefined> {
  const { succeeded, revision, results } = await etcd.transact({
    compare: [{ key, what: 'absent' }],
    then: [{ put: key, value, lease }],
    otherwise: [{ get: key }],
  });
  if (succeeded) return revision;
  const there = results[0]?.entries[0];
  return there?.value === value ? there.createRevision : undefined;
}
