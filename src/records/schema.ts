/*
 * What stands in a file is only known after a look. A schema says once what a record is: its type for the compiler, the check
 * of what was read, and what of it is written:
 *
 *     const JOB = object({ id: string(/^[0-9a-f]{16}$/), pid: optional(integer(1)), began: time });
 *     type Job = TypeOf<typeof JOB>;
 *     const job = parseRecord(JOB, text);     // Job | undefined
 *     const text = recordText(JOB, job);
 *
 * Others may write the directories: a check takes nothing for granted but what JSON.parse returns. Keys that a schema does not
 * name, those of newer versions or `__proto__`, are ignored, and `copy` leaves them out. Of two equal keys JSON.parse returns
 * the last, which is the one that is checked and used. A schema is as deep as it is written, so no nesting exhausts the stack.
 */

/** A kind of values: which they are, and what is kept of one. */
export interface Schema<T> {
  check(value: unknown): value is T;
  /** The value with what the schema names, in its order, and nothing else. */
  copy(value: T): T;
}

/** A member that may be missing. */
export interface Optional<T> extends Schema<T | undefined> {
  readonly isOptional: true;
}

export type TypeOf<S> = S extends Schema<infer T> ? T : never;

type Shape = Readonly<Record<string, Schema<unknown>>>;
type OptionalKeys<S extends Shape> = { [K in keyof S]: S[K] extends Optional<unknown> ? K : never }[keyof S];
type Flat<T> = { [K in keyof T]: T[K] };
type ObjectOf<S extends Shape> = Flat<
  { readonly [K in keyof S as K extends OptionalKeys<S> ? never : K]: TypeOf<S[K]> } & {
    readonly [K in keyof S as K extends OptionalKeys<S> ? K : never]?: Exclude<TypeOf<S[K]>, undefined>;
  }
>;

const itself = <T>(value: T): T => value;

/** Whatever the guard lets pass, kept as it is: no objects. */
export function value<T>(check: (value: unknown) => value is T): Schema<T> {
  return { check, copy: itself };
}

/** @param form what it has to match @param most UTF-16 units */
export function string(form?: RegExp, most = Number.POSITIVE_INFINITY): Schema<string> {
  return value(
    (text): text is string =>
      typeof text === 'string' && text.length <= most && (form === undefined || form.test(text)),
  );
}

/** ISO 8601, or whatever else Date.parse knows. */
export const time: Schema<string> = value(
  (text): text is string => typeof text === 'string' && !Number.isNaN(Date.parse(text)),
);

/** One that a double holds exactly. */
export function integer(least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER): Schema<number> {
  return value(
    (number): number is number => Number.isSafeInteger(number) && Number(number) >= least && Number(number) <= most,
  );
}

export const count: Schema<number> = integer(0);

/** A finite one: JSON has no other, but 1e999 is read as infinite. */
export function number(least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): Schema<number> {
  return value(
    (each): each is number => typeof each === 'number' && Number.isFinite(each) && each >= least && each <= most,
  );
}

export const boolean: Schema<boolean> = value((each): each is boolean => typeof each === 'boolean');

/** One of these strings or numbers. */
export function oneOf<const T extends string | number | null>(...values: readonly T[]): Schema<T> {
  const known: ReadonlySet<unknown> = new Set(values);
  return value((each): each is T => known.has(each));
}

/** Null stands for nothing. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return {
    check: (each): each is T | null => each === null || schema.check(each),
    copy: (each) => (each === null ? null : schema.copy(each)),
  };
}

/** A member that may be missing, but not be anything else. */
export function optional<T>(schema: Schema<T>): Optional<T> {
  return {
    isOptional: true,
    check: (each): each is T | undefined => each === undefined || schema.check(each),
    copy: (each) => (each === undefined ? undefined : schema.copy(each)),
  };
}

/** A member without which the rest is as good: a wrong one counts as missing. Only what was copied is sure to be right. */
export function ifRight<T>(schema: Schema<T>): Optional<T> {
  return {
    isOptional: true,
    check: (_each): _each is T | undefined => true,
    copy: (each) => (schema.check(each) ? schema.copy(each) : undefined),
  };
}

export function array<T>(schema: Schema<T>): Schema<readonly T[]> {
  return {
    check: (list): list is readonly T[] => Array.isArray(list) && list.every((each) => schema.check(each)),
    copy: (list) => list.map((each) => schema.copy(each)),
  };
}

/** Those of a list that are right; of anything else none. Only what was copied is sure to be right. */
export function rightOf<T>(schema: Schema<T>): Schema<readonly T[]> {
  return {
    check: (_list): _list is readonly T[] => true,
    copy: (list: unknown) =>
      Array.isArray(list) ? list.filter((each) => schema.check(each)).map((each) => schema.copy(each)) : [],
  };
}

/** An object with any members. @param key what their names have to match */
export function map<T>(schema: Schema<T>, key?: RegExp): Schema<Readonly<Record<string, T>>> {
  return {
    check: (each): each is Readonly<Record<string, T>> =>
      isObject(each) &&
      Object.entries(each).every(([name, member]) => (key === undefined || key.test(name)) && schema.check(member)),
    // Not by assignment, for which `__proto__` is no name like others.
    copy: (each) => Object.fromEntries(Object.entries(each).map(([name, member]) => [name, schema.copy(member)])),
  };
}

/** An object with these members, and others that are ignored. */
export function object<S extends Shape>(shape: S): Schema<ObjectOf<S>> {
  const members = Object.entries(shape) as [string, Schema<unknown>][];
  return {
    check: (each): each is ObjectOf<S> =>
      isObject(each) && members.every(([name, schema]) => schema.check(ownMember(each, name))),
    copy: (each) =>
      Object.fromEntries(
        members.flatMap(([name, schema]) => {
          const member = schema.copy(ownMember(each, name));
          return member === undefined ? [] : [[name, member]];
        }),
      ) as ObjectOf<S>,
  };
}

/** What a schema says, and this too. */
export function where<T>(schema: Schema<T>, holds: (value: T) => boolean): Schema<T> {
  return { ...schema, check: (each): each is T => schema.check(each) && holds(each) };
}

/** @returns undefined for a text that is anything else than such a record: cut off, say, or of an unknown kind */
export function parseRecord<T>(schema: Schema<T>, text: string): T | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return schema.check(parsed) ? schema.copy(parsed) : undefined;
}

/** A record as one line, or as a person reads it. @param indent as JSON.stringify takes it */
export function recordText<T>(schema: Schema<T>, record: T, indent?: number): string {
  return `${JSON.stringify(schema.copy(record), undefined, indent)}\n`;
}

function isObject(each: unknown): each is object {
  return typeof each === 'object' && each !== null && !Array.isArray(each);
}

/** Not what all objects inherit: `{}` has a `constructor`. */
function ownMember(each: object, name: string): unknown {
  return Object.hasOwn(each, name) ? (each as Record<string, unknown>)[name] : undefined;
}
