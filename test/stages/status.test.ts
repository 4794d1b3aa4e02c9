import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseProject } from '../../src/config/load.js';
import type { Project } from '../../src/config/project.js';
import { thisHost } from '../../src/host/host.js';
import { statusOf } from '../../src/stages/status.js';
import { temporaryDirectory } from '../updates/repository.js';

/** A project of so many builds, each of which has something that stands where its lock would. */
function projectOf(count: number): Project {
  const root = temporaryDirectory();
  const tables = Array.from({ length: count }, (_, n) => {
    const temporary = join(root, `d${n}`, 'Testing', 'Temporary');
    mkdirSync(temporary, { recursive: true });
    writeFileSync(join(temporary, 'running'), '{}');
    const source = n === 0 ? 'source = "."' : 'primary = "b0"';
    return `[builds.b${n}]\n${source}\ndirectory = "d${n}"\nstages.build = { command = ["true"] }\n`;
  });
  const text = `[project]\nname = "x"\n${tables.join('')}`;
  const loaded = parseProject(text, join(root, 'stagelock.toml'), { hostname: 'h' });
  if (loaded.kind !== 'loaded') throw new Error(JSON.stringify(loaded.problems));
  return loaded.project;
}

/** How often this process has read from a file. */
const reads = (): number => Number(/^syscr: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

test.skipIf(process.platform !== 'linux')('the status of one build looks at that one only', () => {
  const host = thisHost();
  const [few = 0, many = 0, all = 0] = [1, 300, 300].map((count, at) => {
    const project = projectOf(count);
    const build = at === 2 ? undefined : project.builds.get('b0');
    statusOf(project, host, build);
    const before = reads();
    const found = statusOf(project, host, build);
    expect(found).toHaveLength(at === 2 ? 300 : 1);
    expect(found[0]?.locks).toMatchObject([{ name: 'running' }]);
    return reads() - before;
  });
  expect(many).toBe(few);
  expect(all).toBeGreaterThan(250);
});
