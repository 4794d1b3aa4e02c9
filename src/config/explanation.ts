import * as z from 'zod/mini';
import { type Finding, type KeyPath, pathText } from './problem.js';
import { configSchema, TABLE_KEYS } from './schema.js';
import { didYouMean } from './suggestion.js';

/** What a schema says against a file, and what is left of the file without it, so that the rest can be judged too. */
export interface Explained {
  readonly findings: readonly Finding[];
  /** A copy of the tables without anything that a finding names. */
  readonly rest: unknown;
  /** What was left out. */
  readonly removed: readonly KeyPath[];
}

/** Turns zod's issues about `tables` into sentences for the person who wrote them. */
export function explain(issues: readonly z.core.$ZodIssue[], tables: unknown): Explained {
  const findings: Finding[] = [];
  const rest = copy(tables);
  const removed: KeyPath[] = [];
  for (const issue of issues) {
    const path = issue.path.filter((key) => typeof key !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        findings.push({ path: [...path, key], message: unknownKey(key, path, at(tables, [...path, key])) });
        removed.push([...path, key]);
      }
    } else if (issue.code === 'invalid_key') {
      const rule = issue.issues[0]?.message ?? issue.message;
      findings.push({ path, message: `found the name ${shown(path.at(-1))}, expected ${rule}` });
      removed.push(path);
    } else {
      findings.push({ path, message: `found ${shown(at(tables, path))}, expected ${issue.message}` });
      // An array with a bad element is no use to those who judge the rest; of a table in an array only the key is bad.
      removed.push(typeof path.at(-1) === 'number' ? path.slice(0, -1) : path);
    }
  }
  for (const path of removed) remove(rest, path);
  return { findings, rest, removed };
}

function unknownKey(key: string, path: KeyPath, value: unknown): string {
  const elsewhere = Object.keys(TABLE_KEYS).find((table) => TABLE_KEYS[table]?.includes(key));
  const known = keysAt(path);
  // `[builds.gcc-12.3]` is a table `3` inside `gcc-12`.
  if (path[0] === 'builds' && path.length === 2 && isTable(value) && elsewhere === undefined) {
    return `unknown key \`${key}\`; if the build is called ${path[1]}.${key}, write [builds."${path[1]}.${key}"]`;
  }
  const near = didYouMean(key, known);
  if (near !== '') return `unknown key \`${key}\`${near}`;
  if (elsewhere !== undefined) return `unknown key \`${key}\` here; it belongs in ${placed(elsewhere, path)}`;
  return `unknown key \`${key}\`; expected one of ${known.join(', ')}`;
}

/** A header of {@link TABLE_KEYS} as it would stand near `path`. */
function placed(header: string, path: KeyPath): string {
  if (path[0] === 'builds' && path.length > 1) return header.replace('builds.NAME', pathText(path.slice(0, 2)));
  // `[defaults]` has the tables of a build, but not the keys that only a build can have.
  return path[0] === 'defaults' ? header.replace('builds.NAME.', 'defaults.') : header;
}

/** The keys that the schema knows in the table at `path`. */
function keysAt(path: KeyPath): readonly string[] {
  let schema: unknown = configSchema;
  for (const key of path) {
    if (schema instanceof z.ZodMiniObject) schema = schema.def.shape[key];
    else if (schema instanceof z.ZodMiniRecord) schema = schema.def.valueType;
    else if (schema instanceof z.ZodMiniArray) schema = schema.def.element;
    if (schema instanceof z.ZodMiniOptional) schema = schema.def.innerType;
    if (schema instanceof z.ZodMiniLazy) schema = schema.def.getter();
  }
  return schema instanceof z.ZodMiniObject ? Object.keys(schema.def.shape) : [];
}

/** A value of a configuration as a message shows it, cut when it is long. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (value instanceof Date) return 'a date or time';
  if (isTable(value)) return 'a table';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function at(tables: unknown, path: KeyPath): unknown {
  let value = tables;
  for (const key of path) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key];
    else if (isTable(value)) value = value[key];
    else return undefined;
  }
  return value;
}

function isTable(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}

function remove(tables: unknown, path: KeyPath): void {
  const key = path.at(-1);
  const table = at(tables, path.slice(0, -1));
  if (key !== undefined && isTable(table)) delete table[key];
}
