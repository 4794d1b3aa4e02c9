import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sax from 'sax';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const { STYLE, THEMES, timelineSvg } = await import(join(root, 'demo', 'timeline.mjs'));

/** What observers might have seen in ten seconds. */
const story = {
  world: { primary: 'gcc', secondaries: ['gcc-fast', '<clang>'] },
  end: 10,
  events: [
    { what: 'pushed', at: 1, detail: 'change 2' },
    { what: 'build', at: 2, detail: 'begins' },
  ],
  activities: [
    { build: 'gcc', what: 'update', from: 0, to: 2 },
    { build: 'gcc-fast', what: 'build', from: 2.5, to: 5 },
  ],
  waits: [
    { build: 'gcc-fast', what: 'update', holder: 'gcc', from: 0.5, to: 2.5 },
    { build: 'gcc-fast', what: 'shared/letters.o', holder: 'gcc', from: 3, to: 4 },
  ],
  locks: [
    { lock: 'gcc/update', owner: 'gcc', from: 0, to: 2 },
    { lock: 'gcc/running', owner: 'gcc', from: 0, to: 6 },
    { lock: 'gcc/running.gcc-fast', owner: 'gcc-fast', from: 2.5, to: 6 },
  ],
  compiles: [{ build: 'gcc-fast', object: 'shared/letters.o', from: 3, to: 4 }],
};

const svg = timelineSvg(story);
const bars = [...svg.matchAll(/<rect class="(\w+)" x="([\d.]+)" y="(\d+)" width="([\d.]+)".*?<title>(.*?)<\/title>/g)];

test('draws each span in the row of its build, lock or object, at its time', () => {
  // 77 units are a second, and 190 come before the first one; rows are 24 high.
  expect(bars.map(([, kind, x, y, width, text]) => `${kind} ${x} ${y} ${width}: ${text}`)).toEqual([
    'update 190 96 154: gcc: update, 0.0 s to 2.0 s',
    'wait 228.5 120 154: gcc-fast waits for update of gcc, 0.5 s to 2.5 s',
    'build 382.5 120 192.5: gcc-fast: build, 2.5 s to 5.0 s',
    'held 382.5 168 269.5: gcc/running.gcc-fast, held by gcc-fast, 2.5 s to 6.0 s',
    'held 190 192 154: gcc/update, held by gcc, 0.0 s to 2.0 s',
    'build 421 216 77: gcc-fast compiles shared/letters.o, 3.0 s to 4.0 s',
  ]);
  expect(svg).toContain('<path d="M 267 86 l -5 -10 h 10 z"><title>change 2, 1.0 s</title></path>');
  expect(svg.match(/<path/g)).toHaveLength(1);
});

test('is well-formed XML that loads nothing, whatever builds are called', () => {
  expect(svg).toContain('&lt;clang&gt;');
  expect(svg).not.toMatch(/<clang>|url\(|@import|href|<script|<image/);
  const parser = sax.parser(true);
  parser.onerror = (error) => expect.fail(error.message);
  parser.write(svg).close();
});

test('has colours for light and for dark pages, each of which stands out from its page', () => {
  for (const [theme, colours] of Object.entries<Record<string, string>>(THEMES)) {
    for (const colour of Object.values(colours)) expect(STYLE).toContain(colour);
    const page = luminance(colours['page'] ?? '');
    const ratio = (name: string) => contrast(luminance(colours[name] ?? ''), page);
    expect(ratio('ink')).toBeGreaterThan(7);
    expect(ratio('soft')).toBeGreaterThan(4.5);
    for (const bar of ['update', 'wait', 'build', 'test', 'held'])
      expect(ratio(bar), `${bar}, ${theme}`).toBeGreaterThan(2);
  }
});

test('docs/timeline.svg is a picture of this generator, which the demo has drawn', () => {
  const committed = readFileSync(join(root, 'docs', 'timeline.svg'), 'utf8');
  expect(committed).toContain(`<style>${STYLE}</style>`);
  expect(committed.match(/<rect class="update"/g)?.length).toBeGreaterThan(1);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('(docs/timeline.svg)');
});

/** As WCAG 2 has them. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.039_28 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
