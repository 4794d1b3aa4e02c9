import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/cli/program.js';
import { configSchema, TABLE_KEYS } from '../../src/config/schema.js';

const root = join(import.meta.dirname, '..', '..');
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

test('docs/configuration.md and man/ are those of this program (npm run documents)', () => {
  const checked = spawnSync(process.execPath, ['scripts/documents.mjs', '--check'], { cwd: root, encoding: 'utf8' });
  expect(checked).toMatchObject({ status: 0, stderr: '' });
});

describe('docs/configuration.md', () => {
  const sections = text('docs/configuration.md').split(/^## /m);
  const rowsOf = (header: string): string[][] => {
    const section = sections.find((part) => part.startsWith(`\`${header}\`\n`)) ?? '';
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    return rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')));
  };
  const sub = ['update', 'submit', 'stages'];

  test.each(Object.entries(TABLE_KEYS))('%s: every key, with a type and a sentence', (header, keys) => {
    const expected = keys.filter((key) => header !== '[builds.NAME]' || !sub.includes(key));
    const rows = rowsOf(header);
    expect(rows.map(([, key]) => key)).toEqual(expected.map((key) => `\`${key}\``));
    for (const [, , type, , , sentence] of rows) {
      expect(type).toMatch(/\w/);
      expect(sentence).toMatch(/^["`A-Za-z].*[.)]$/);
    }
  });

  test.each(Object.keys(TABLE_KEYS))('%s: every example and default is one that the program takes', (header) => {
    for (const [, key = '', , preset = '', example = ''] of rowsOf(header)) {
      const lines = [example.slice(1, -1)];
      if (preset.startsWith('`')) lines.push(`${key.slice(1, -1)} = ${preset.slice(1, -1)}`);
      for (const line of lines) {
        const tables = parse(`${header.replace('STAGE', 'build')}\n${line}`);
        expect(configSchema.safeParse(tables, { jitless: true }).error?.issues, line).toBeUndefined();
      }
    }
  });
});

const pages = readdirSync(join(root, 'man'));
const formatters = [
  { name: 'mandoc', arguments: ['-T', 'lint', '-W', 'warning'] },
  { name: 'groff', arguments: ['-man', '-ww', '-z', '-K', 'utf8'] },
].map((formatter) => ({ ...formatter, missing: spawnSync(formatter.name, ['--version']).error !== undefined }));

describe('man pages', () => {
  test('package.json installs each of them', () => {
    const { man, files, bin } = JSON.parse(text('package.json'));
    expect([...man].sort()).toEqual(pages.map((page) => `man/${page}`).sort());
    expect(files).toContain('man');
    for (const name of Object.keys(bin)) expect(pages).toContain(`${name}.1`);
  });

  test('stagelock(1) has every command and every option', () => {
    const page = text('man/stagelock.1')
      .replaceAll('\\-', '-')
      .replaceAll(/\\f[BIR]/g, '');
    for (const command of program().commands) {
      if (/^(complete-builds|doctor-worker)$/.test(command.name())) continue;
      expect(page).toContain(`.SS "stagelock ${command.name()} `);
      for (const { hidden, long } of command.options) if (!hidden && long) expect(page).toContain(long);
    }
    expect(page).not.toContain('complete-builds');
  });

  for (const { name, arguments: options, missing } of formatters) {
    test.skipIf(missing).each(pages)(
      `${name} has nothing to say against %s${missing ? ` (missing: ${name})` : ''}`,
      (page) => {
        const out = spawnSync(name, [...options, join(root, 'man', page)], { encoding: 'utf8' });
        // Not dated: a date would make them stale each day.
        const said = `${out.stdout}${out.stderr}`
          .split('\n')
          .filter((line) => line !== '' && !line.includes('missing date'));
        expect(said).toEqual([]);
      },
    );
  }
});

test('the package carries man pages and docs, and nothing of the site', () => {
  const listed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
  );
  const paths: string[] = listed[0].files.map(({ path }: { path: string }) => path);
  expect(paths).toEqual(expect.arrayContaining(['man/stagelock.1', 'docs/configuration.md', 'docs/timeline.svg']));
  expect(paths.filter((path) => path.startsWith('site/') || path.includes('node_modules'))).toEqual([]);
}, 180_000);
