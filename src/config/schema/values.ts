import * as z from 'zod/mini';
import { MAX_DURATION_MS, parseDuration } from '../duration.js';

/*
 * The `error` of every schema here is the phrase for what was expected (`a duration such as "90 s"`), from which
 * `explanation.ts` makes the sentence. Every key is optional, since what must be there depends on other tables
 * (`resolve.ts` says what is missing); `required` in the metadata is for editors. Description, default and example of
 * each key are what docs/configuration.md shows.
 */

/** What a person reads about a key. */
const told = <T>(description: string, example: T, preset?: T) =>
  z.meta({ description, ...(preset !== undefined && { default: preset }), examples: [example] });

/** A text on one line. `expected` is its kind: "a name". */
export const line = (description: string, expected: string, example: string) =>
  z.string(expected).check(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a name with one would break XML reports and logs
    z.refine((text) => /^[^\u0000-\u001f\u007f]+$/.test(text), `${expected}, not empty, without control characters`),
    told(description, example),
  );

const PATH = [
  z.refine<string>((text) => text !== '' && !text.includes('\0'), 'a path'),
  z.refine<string>((text) => !/^~(?:\/|$)/.test(text), 'a path without `~`, which is not expanded here'),
] as const;

export const path = (description: string, example: string, preset?: string) =>
  z.string('a path').check(...PATH, told(description, example, preset));

export const paths = (description: string, example: readonly string[]) =>
  z.array(z.string('a path').check(...PATH), 'a list of paths').check(told(description, example));

/** A program and its arguments. */
export const argv = (description: string, example: readonly string[]) =>
  z
    .array(
      z.string('a string').check(z.refine((text) => !text.includes('\0'), 'a string without NUL')),
      `an array of strings such as ${JSON.stringify(example).replaceAll(',', ', ')}`,
    )
    .check(
      z.refine((words) => words[0] !== undefined && words[0] !== '', 'an array that begins with the program to run'),
      z.meta({ description, minItems: 1, examples: [example] }),
    );

export const variable = (description: string, example: string) =>
  z
    .string('the name of an environment variable')
    .check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'), told(description, example));

export const flag = (description: string, preset: boolean) =>
  z.boolean('true or false').check(told(description, !preset, preset));

/** Whole numbers, in what they count. */
export const whole = (description: string, range: readonly [number, number], expected: string, example: number) =>
  z.int(expected).check(
    z.refine((count) => count >= range[0] && count <= range[1], `${expected} from ${range[0]} to ${range[1]}`),
    told(description, example),
  );

export const duration = (
  description: string,
  example: string,
  preset: string | undefined,
  least: 'zero' | 'positive' = 'positive',
) => {
  const form = 'a number of seconds or a duration such as "90 s", "10 min", "1 h 30 min", "500 ms" or "2 d"';
  const inside = (ms: number | undefined) =>
    ms === undefined || (ms <= MAX_DURATION_MS && (least === 'zero' || ms > 0));
  return z.union([z.number(), z.string()], form).check(
    z.refine((value) => parseDuration(value) !== undefined, form),
    z.refine(
      (value) => inside(parseDuration(value)),
      least === 'zero' ? 'a duration of at most 24 d' : 'a duration of more than 0 s and at most 24 d',
    ),
    told(description, example, preset),
  );
};

/** One of the values; the example is one that is not the default. */
export const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  preset: T[number] | undefined,
  description: string,
) =>
  z
    .enum(values, alternatives(values))
    .check(told<string>(description, values.find((value) => value !== preset) ?? values[0], preset));

const alternatives = (values: readonly string[]): string => {
  const quoted = values.map((value) => `"${value}"`);
  return [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].filter((part) => part !== '').join(' or ');
};

export const environment = (description: string) =>
  z
    .record(
      z.string().check(z.refine((name) => /^[^=\0]+$/.test(name), 'the name of an environment variable')),
      z.string('a string in quotes').check(z.refine((text) => !text.includes('\0'), 'a string without NUL')),
      'a table of strings',
    )
    .check(told(description, { LC_ALL: 'C' }));
