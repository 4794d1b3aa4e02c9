import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildName, type Tool } from '../../src/config/detect.js';
import { isBuildName } from '../../src/config/names.js';
import { type Proposal, writeTemplate } from '../../src/config/template.js';
import { load } from './config.js';

const TOOLS: readonly Tool[] = [
  ...(['cmake', 'meson', 'autotools', 'cargo', 'npm', 'pnpm', 'yarn'] as const),
  ...(['ninja', 'make', 'make-in-source', 'unknown'] as const),
];
const WITHOUT_UPDATE = { kind: 'unversioned', message: 'no work tree' } as const;
const facts: Proposal = {
  project: 'Example',
  name: 'gcc',
  source: '/src/example',
  directory: '/build/gcc',
  tool: 'cmake',
  presets: [],
  targets: [],
  locked: false,
  update: { kind: 'update', table: { type: 'git', remote: 'up', branch: 'release/1.0' } },
  remote: undefined,
  submodules: false,
  second: false,
  mailTo: undefined,
  schedule: '*/10 * * * *',
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
        {
          name: 'configure',
          command: { kind: 'shell', script: 'cmake -S "$STAGELOCK_SOURCE" -B .' },
          directory: '/build/gcc',
        },
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
    expect(load(writeTemplate({ ...facts, update: WITHOUT_UPDATE })).builds.get('gcc')).toMatchObject({
      update: undefined,
    });
  });

  describe.each(TOOLS)('for %s', (tool) => {
    it.each([true, false])('loads as it is, and with all its suggestions (checkout: %s)', (checkout) => {
      const text = writeTemplate({ ...facts, tool, update: checkout ? facts.update : WITHOUT_UPDATE });
      expect(load(text).builds.get('gcc')?.stages.length).toBeGreaterThan(0);
      const all = load(uncommented(text));
      const other = tool === 'cargo' ? 'gcc-release' : 'gcc-debug';
      expect(all.builds.get(other)).toMatchObject({
        role: 'secondary',
        directory: `/build/${other}`,
        primary: { name: 'gcc', whenSecondariesBuild: { kind: 'wait' }, lingerMs: 30_000 },
      });
      expect(all.builds.get('gcc')).toHaveProperty('update.type', 'git');
    });
  });

  it.each([
    [{ type: 'svn' }, { type: 'svn', url: undefined }],
    [
      { type: 'hg', branch: 'stable' },
      { type: 'hg', branch: 'stable' },
    ],
    [
      { type: 'cvs', options: ['-d', '-P'] },
      { type: 'cvs', options: ['-d', '-P'] },
    ],
  ] as const)('updates by %j', (table, update) => {
    const text = writeTemplate({ ...facts, update: { kind: 'update', table: structuredClone(table) as object } });
    for (const each of [text, uncommented(text)]) expect(load(each).builds.get('gcc')).toMatchObject({ update });
  });

  it('has what was answered', () => {
    const text = writeTemplate({ ...facts, second: true, mailTo: 'team@example.org', schedule: '0 */2 * * *' });
    const project = load(text);
    expect([...project.builds.values()]).toMatchObject([
      { name: 'gcc', role: 'primary', schedule: '0 */2 * * *' },
      { name: 'gcc-debug', role: 'secondary', schedule: '0 */2 * * *', offsetMs: 20_000 },
    ]);
    expect(project.builds.get('gcc-debug')?.stages[0]?.environment).toEqual({ CFLAGS: '-O0 -g', CXXFLAGS: '-O0 -g' });
    expect(project.mail).toMatchObject({ to: ['team@example.org'], transport: { type: 'sendmail' } });
  });

  it('configures each build by a preset of its own', () => {
    const project = load(writeTemplate({ ...facts, presets: ['release', 'ci', 'my-debug'], second: true }));
    const configures = [...project.builds.values()].map(({ name, stages: [stage] }) => [name, stage?.command]);
    const by = (preset: string) => ({
      kind: 'shell',
      script: `cmake --preset ${preset} -S "$STAGELOCK_SOURCE" -B .`,
    });
    expect(configures).toEqual([
      ['gcc', by('release')],
      ['gcc-my-debug', by('my-debug')],
    ]);
  });

  it('keeps any path, name and branch as it is', () => {
    const odd = fc.constantFrom('a', ' ', '"', "'", '\\', '\n', '\t', '\u007f', '#', ']', 'ü', '😀', '$', '=');
    const path = fc.string({ unit: odd, maxLength: 8 }).map((text) => `/x${text}`);
    fc.assert(
      fc.property(path, path, fc.constantFrom(...TOOLS), (source, directory, tool) => {
        const text = writeTemplate({ ...facts, name: 'a.b+c', source, directory, tool, update: WITHOUT_UPDATE });
        expect(load(text).builds.get('a.b+c')).toMatchObject({ source, directory: `${directory}` });
        const ending = tool === 'cargo' ? 'release' : 'debug';
        expect(load(uncommented(text)).builds.get(`a.b+c-${ending}`)).toMatchObject({
          directory: `${directory}-${ending}`,
        });
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
