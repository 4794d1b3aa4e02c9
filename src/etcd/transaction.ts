import type { TypeOf } from '../records/schema.js';
import { entryOf, type RANGE, type TRANSACTION } from './answers.js';
import { type Entry, encoded, rangeOf } from './entry.js';

/** What has to hold. `create` and `mod`: of the key's revisions; a key that is not there has revision `0`. */
export type Compare =
  | { readonly key: string; readonly what: 'create' | 'mod'; readonly equals: string }
  | { readonly key: string; readonly what: 'absent' }
  /** No key has this prefix. */
  | { readonly prefix: string; readonly what: 'absent' };

export type Operation =
  | { readonly put: string; readonly value: string; readonly lease?: string }
  | { readonly remove: string }
  | { readonly removePrefix: string }
  | { readonly get: string }
  | { readonly getPrefix: string; readonly keysOnly?: boolean; readonly limit?: number };

/** One step: all of `then` when everything holds, else all of `otherwise`; nothing comes between. */
export interface Transaction {
  readonly compare: readonly Compare[];
  readonly then: readonly Operation[];
  readonly otherwise?: readonly Operation[];
}

export interface TransactionResult {
  /** Whether everything held. */
  readonly succeeded: boolean;
  /** Of the store, after it. */
  readonly revision: string;
  /** One for each operation of the branch that was carried out: what was found, and how many keys were found or removed. */
  readonly results: readonly { readonly entries: readonly Entry[]; readonly count: number }[];
}

/** A transaction as etcd's JSON has it. */
export function transactionBody({ compare, then, otherwise = [] }: Transaction): object {
  return { compare: compare.map(compareBody), success: then.map(operationBody), failure: otherwise.map(operationBody) };
}

/** Whether it changes nothing, whatever holds. */
export function onlyReads({ then, otherwise = [] }: Transaction): boolean {
  return [...then, ...otherwise].every((operation) => 'get' in operation || 'getPrefix' in operation);
}

function compareBody(compare: Compare): object {
  const result = 'EQUAL';
  if ('prefix' in compare) {
    return { ...rangeOf(compare.prefix), target: 'CREATE', result, create_revision: '0' };
  }
  const key = encoded(compare.key);
  if (compare.what === 'absent') return { key, target: 'CREATE', result, create_revision: '0' };
  if (compare.what === 'create') return { key, target: 'CREATE', result, create_revision: compare.equals };
  return { key, target: 'MOD', result, mod_revision: compare.equals };
}

function operationBody(operation: Operation): object {
  if ('put' in operation) {
    const { put, value, lease } = operation;
    return { request_put: { key: encoded(put), value: encoded(value), ...(lease !== undefined && { lease }) } };
  }
  if ('remove' in operation) return { request_delete_range: { key: encoded(operation.remove) } };
  if ('removePrefix' in operation) return { request_delete_range: rangeOf(operation.removePrefix) };
  if ('get' in operation) return { request_range: { key: encoded(operation.get) } };
  const { getPrefix, keysOnly, limit } = operation;
  const range = { ...rangeOf(getPrefix), keys_only: keysOnly ?? false, limit: String(limit ?? 0) };
  return { request_range: range };
}

export function resultOf({ header, succeeded, responses }: TypeOf<typeof TRANSACTION>): TransactionResult {
  return {
    succeeded: succeeded ?? false,
    revision: header.revision ?? '0',
    results: (responses ?? []).map(({ response_range: range, response_delete_range: removed }) => ({
      entries: entriesOf(range),
      count: Number(removed?.deleted ?? range?.count ?? 0),
    })),
  };
}

export function entriesOf(range: TypeOf<typeof RANGE> | undefined): readonly Entry[] {
  return (range?.kvs ?? []).map(entryOf);
}
