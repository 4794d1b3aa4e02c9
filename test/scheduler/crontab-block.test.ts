import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crontabBlock, withBlock, withoutBlock } from '../../src/scheduler/crontab-block.js';
import { load } from '../config/config.js';

const project = load(`
[project]
name = "Example"
[defaults]
source = "src"
[defaults.stages.build]
command = ["make"]
[builds.gcc]
directory = "gcc"
schedule = " */10  * * *\\n* "
[builds.debug]
primary = "gcc"
directory = "debug"
[builds.docs]
directory = "docs"
`);
const HERE = { program: ['/usr/bin/node', "/opt/100% it's here/stagelock.js"], path: '/usr/bin:/bin', user: 'ann' };

describe('the lines of a project', () => {
  test('run the primary by its schedule and each secondary some seconds later, with their progress in a log', () => {
    const run = (build: string): string =>
      `exec /usr/bin/node '/opt/100\\% it'\\''s here/stagelock.js' --config /etc/ci/stagelock.toml run ${build} >>/etc/ci/${build}.log`;
    expect(crontabBlock(project, HERE).split('\n')).toEqual([
      '# begin stagelock /etc/ci/stagelock.toml',
      '# Written by stagelock crontab --install, which replaces all of it; --remove removes it.',
      'SHELL=/bin/sh',
      'PATH=/usr/bin:/bin',
      'MAILTO=ann',
      `*/10 * * * *  ${run('gcc')}`,
      `*/10 * * * *  sleep 20; ${run('debug')}`,
      '# docs has no schedule',
      '# end stagelock /etc/ci/stagelock.toml',
      '',
    ]);
  });

  test('mean to the shell what they say', () => {
    const lines = crontabBlock(project, { ...HERE, program: ['printf', '%s\\n', "a'b c%d"] }).split('\n');
    const line = lines.find((text) => text.includes('run gcc')) ?? '';
    // What cron does with a line: the escaped % is a %.
    const command = line
      .replace(/^(\S+ ){5} ?/, '')
      .replaceAll('\\%', '%')
      .replace(/>.*/, '');
    const { stdout } = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
    expect(stdout).toBe("a'b c%d\n--config\n/etc/ci/stagelock.toml\nrun\ngcc\n");
  });
});

describe('a crontab', () => {
  const lines = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 20 }).filter((line) => !line.includes('\n')));

  test('keeps everything else byte for byte, however often the lines are put in and taken out', () => {
    fc.assert(
      fc.property(lines, (others) => {
        const crontab = others.map((line) => `${line}\n`).join('');
        const once = withBlock(crontab, project, HERE);
        expect(once).toBe(crontab + crontabBlock(project, HERE));
        expect(withBlock(String(once), project, HERE)).toBe(once);
        expect(withoutBlock(String(once), project.file)).toBe(crontab);
      }),
    );
  });

  test('has those of two projects beside each other', () => {
    const other = { ...project, file: '/etc/other/stagelock.toml' };
    const both = String(withBlock(String(withBlock('# mine\n', project, HERE)), other, HERE));
    expect(both).toBe(`# mine\n${crontabBlock(project, HERE)}${crontabBlock(other, HERE)}`);
    expect(withoutBlock(both, project.file)).toBe(`# mine\n${crontabBlock(other, HERE)}`);
  });

  test('with damaged marks is left unchanged', () => {
    const whole = crontabBlock(project, HERE);
    for (const damaged of [whole.replace(/# end.*\n/, ''), whole.replace(/# begin.*\n/, ''), whole + whole]) {
      expect(withBlock(damaged, project, HERE)).toEqual({ problem: expect.stringContaining('crontab -e') });
      expect(withoutBlock(damaged, project.file)).toEqual({
        problem: expect.stringContaining('is missing or appears twice'),
      });
    }
  });
});
