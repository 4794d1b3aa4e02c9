import * as z from 'zod/mini';
import { MAX_DURATION_MS, parseDuration } from '../duration.js';

/*
 * The `error` of every schema here is the phrase for what was expected (`a duration such as "90 s"`), from which
 * `explanation.ts` makes the sentence. Every key is optional, since what must be there depends on other tables
 * (`resolve.ts` says what is missing); `required` in the metadata is for editors.
 */

export const line = (description: string, expected: string) =>
  z.string(expected).check(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a name with one would break XML reports and logs
    z.refine((text) => /^[^\u0000-\u001f\u007f]+$/.test(text), `${expected}, not empty, without control characters`),
    z.meta({ description }),
  );

export const path = (description: string) =>
  z.string('a path').check(
    z.refine((text) => text !== '' && !text.includes('\0'), 'a path'),
    z.refine((text) => !/^~(?:\/|$)/.test(text), 'a path without `~`, which is not expanded here'),
    z.meta({ description }),
  );

export const duration = (description: string, preset: string | undefined, least: 'zero' | 'positive' = 'positive') => {
  const form = 'a number of seconds or a duration such as "90 s", "10 min", "1 h 30 min", "500 ms" or "2 d"';
  const inside = (ms: number | undefined) =>
    ms === undefined || (ms <= MAX_DURATION_MS && (least === 'zero' || ms > 0));
  return z.union([z.number(), z.string()], form).check(
    z.refine((value) => parseDuration(value) !== undefined, form),
    z.refine(
      (value) => inside(parseDuration(value)),
      least === 'zero' ? 'a duration of at most 24 d' : 'a duration of more than 0 s and at most 24 d',
    ),
    z.meta({ description, ...(preset !== undefined && { default: preset }) }),
  );
};

export const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  preset: string | undefined,
  description: string,
) =>
  z.enum(values, alternatives(values)).check(z.meta({ description, ...(preset !== undefined && { default: preset }) }));

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
    .check(z.meta({ description }));
