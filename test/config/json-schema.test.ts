import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { jsonSchema } from '../../src/config/json-schema.js';
import { loadProject } from '../../src/config/load.js';

const config = (name: string): string => fileURLToPath(new URL(`../../config/${name}`, import.meta.url));
const written = JSON.parse(readFileSync(config('stagelock.schema.json'), 'utf8'));

describe('config/stagelock.schema.json', () => {
  it('is the one of src/config/schema.ts (node scripts/schema.mjs)', () => {
    expect(written).toEqual(jsonSchema());
  });

  it('describes every key for editors', () => {
    const undescribed: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties, additionalProperties, description } = schema as Record<string, unknown>;
      const inner = Object.entries((properties ?? {}) as Record<string, unknown>);
      if (path !== '' && description === undefined) undescribed.push(path);
      for (const [key, value] of inner) visit(value, `${path}.${key}`);
      if ((additionalProperties as { properties?: unknown } | undefined)?.properties)
        visit(additionalProperties, `${path}.*`);
    };
    visit(written, '');
    expect(undescribed).toEqual([]);
    expect(Object.keys(written.properties.builds.additionalProperties.properties)).toContain('primary');
  });

  it('accepts the example and refuses what the program refuses', () => {
    // zod reads schemas back, except for `not` (never both `command` and `shell`).
    const check = z.fromJSONSchema(
      JSON.parse(JSON.stringify(written), (key, value) => (key === 'not' ? undefined : value)),
    );
    const example = () => parse(readFileSync(config('stagelock.example.toml'), 'utf8')) as Record<string, never>;
    expect(check.safeParse(example()).error).toBeUndefined();
    expect(check.safeParse({ ...example(), extra: {} }).success).toBe(false);
    expect(check.safeParse({ ...example(), project: {} }).success).toBe(false);
    expect(check.safeParse({ ...example(), builds: { 'bad/name': { directory: 'x' } } }).success).toBe(false);
    expect(check.safeParse({ ...example(), builds: { gcc: {} } }).success).toBe(false);
  });
});

it('config/stagelock.example.toml is a primary with two secondaries', () => {
  const file = config('stagelock.example.toml');
  expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('#:schema ./stagelock.schema.json');
  const loaded = loadProject(file, { hostname: 'host' });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems, null, 2));
  const builds = [...loaded.project.builds.values()];
  expect(builds.map((build) => [build.name, build.role])).toEqual([
    ['gcc', 'primary'],
    ['gcc-debug', 'secondary'],
    ['clang-asan', 'secondary'],
  ]);
  expect(builds[0]?.stages.map((stage) => stage.name)).toEqual(['configure', 'build', 'test', 'package']);
});
