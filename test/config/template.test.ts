import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildName, type Facts, type Tool } from '../../src/config/detect.js';
import { isBuildName } from '../../src/config/names.js';
import { writeTemplate } from '../../src/config/template.js';
import { load } from './config.js';

const TOOLS: readonly Tool[] = ['cmake', 'meson', 'autotools', 'ninja', 'make', 'make-in-source', 'unknown'];
const facts: Facts = {
  project: 'Example',
  name: 'gcc',
  source: '/src/example',
  directory: '/build/gcc',
  tool: 'cmake',
  upstream: { remote: 'up', branch: 'release/1.0' },
  submodules: false,
};

/** The template without the comment signs before every key and table that it suggests. */
function uncommented(text: string): string {
  return text.replaceAll(/^# (?=\[|[A-Za-z_]+ = )/gm, '');
}

describe('the template', () => {
  it('is a primary with the stages of its tool and the update of its checkout', () => {
    const project = load(writeTemplate(facts));
    expect(project.name).toBe('Example');
    expect([...project.builds.keys()]).toEqual(['gcc']);
    expect(project.builds.get('gcc')).toMatchObject({
      role: 'primary',
      source: '/src/example',
      directory: '/build/gcc',
      update: { type: 'git', remote: 'up', branch: 'release/1.0', mode: 'fast-forward' },
      stages: [
        { name: 'configure', command: { argv: ['cmake', '-S', '/src/example', '-B', '.'] }, directory: '/build/gcc' },
        { name: 'build', command: { argv: ['cmake', '--build', '.'] } },
        { name: 'test', command: { argv: ['ctest', '--output-on-failure'] } },
      ],
    });
  });

  it('has submodules follow where the source has some', () => {
    const build = load(writeTemplate({ ...facts, submodules: true })).builds.get('gcc');
    expect(build).toHaveProperty('update.submodules', 'all');
    expect(load(writeTemplate(facts)).builds.get('gcc')).toHaveProperty('update.submodules', 'initialised');
  });

  it('leaves out the update where nothing is followed', () => {
    expect(load(writeTemplate({ ...facts, upstream: undefined })).builds.get('gcc')).toMatchObject({
      update: undefined,
    });
  });

  describe.each(TOOLS)('for %s', (tool) => {
    it.each([true, false])('loads as it is, and with all its suggestions (checkout: %s)', (checkout) => {
      const text = writeTemplate({ ...facts, tool, upstream: checkout ? facts.upstream : undefined });
      expect(load(text).builds.get('gcc')?.stages.length).toBeGreaterThan(0);
      const all = load(uncommented(text));
      expect(all.builds.get('gcc-debug')).toMatchObject({
        role: 'secondary',
        directory: '/build/gcc-debug',
        primary: { name: 'gcc', whenSecondariesBuild: { kind: 'wait' }, lingerMs: 30_000 },
      });
      expect(all.builds.get('gcc')).toHaveProperty('update.type', 'git');
    });
  });

  it('keeps any path, name and branch as it is', () => {
    const odd = fc.constantFrom('a', ' ', '"', "'", '\\', '\n', '\t', '\u007f', '#', ']', 'ü', '😀', '$', '=');
    const path = fc.string({ unit: odd, maxLength: 8 }).map((text) => `/x${text}`);
    fc.assert(
      fc.property(path, path, fc.constantFrom(...TOOLS), (source, directory, tool) => {
        const text = writeTemplate({ ...facts, name: 'a.b+c', source, directory, tool, upstream: undefined });
        expect(load(text).builds.get('a.b+c')).toMatchObject({ source, directory: `${directory}` });
        expect(load(uncommented(text)).builds.get('a.b+c-debug')).toMatchObject({ directory: `${directory}-debug` });
      }),
    );
  });
});

describe('buildName', () => {
  it.each([
    ['gcc-debug', 'gcc-debug'],
    ['my build', 'my-build'],
    ['.hidden', 'hidden'],
    ['x.lock', 'build'],
    ['', 'build'],
    ['...', 'build'],
    ['ünï', 'n'],
  ])('makes %j %j', (directory, name) => {
    expect(buildName(directory)).toBe(name);
  });

  it('is always a valid name', () => {
    const part = fc.constantFrom('a', '.', '-', ' ', '.lock', '\0', 'x'.repeat(40), '+', '\n');
    fc.assert(
      fc.property(fc.string({ unit: part, maxLength: 6 }), (directory) => {
        expect(isBuildName(buildName(directory))).toBe(true);
      }),
    );
  });
});
