import { describe, expect, it } from 'vitest';
import { load, problems } from './config.js';

const PROJECT = '[project]\nname = "E"\n[coordination]\netcd = ["https://a:2379"]\n';
const UPDATE = 'update = { branch = "main" }\n';
const build = (name: string, more: string): string =>
  `[builds.${name}]\nsource = "${name}-s"\ndirectory = "${name}"\nstages = { build = { shell = "make" } }\n${more}`;
const wrong = (text: string): string => problems(`${PROJECT}${text}`).join('\n');

describe('a follower', () => {
  it('names a primary that need not be in the file', () => {
    const project = load(`${PROJECT}${build('b', `follows = "trunk"\nupdate_timeout = "5 s"\n${UPDATE}`)}`);
    expect(project.builds.get('b')).toMatchObject({
      role: 'primary',
      follows: { primary: 'trunk', updateTimeoutMs: 5000 },
    });
  });

  it.each([
    ['itself', build('b', `follows = "b"\n${UPDATE}`), 'the build names itself; a primary follows none'],
    ['no name', build('b', `follows = "a/b"\n${UPDATE}`), '"a/b" is not the name of a build'],
    ['no update', build('b', 'follows = "trunk"\n'), 'a follower needs `update`'],
    ['CVS', build('b', 'follows = "trunk"\nupdate = { type = "cvs" }\n'), 'CVS has no revisions'],
    [
      'a command',
      build('b', 'follows = "trunk"\nupdate = { branch = "main", command = ["x"] }\n'),
      'builds.b.update.command: the checkout of a follower is moved to a recorded revision',
    ],
    [
      'another follower',
      build('a', `follows = "trunk"\n${UPDATE}`) + build('b', `follows = "a"\n${UPDATE}`),
      '"a" has no updates of its own',
    ],
    [
      'a primary besides',
      build('a', UPDATE) +
        '[builds.b]\nprimary = "a"\nfollows = "trunk"\ndirectory = "b"\nstages = { build = { shell = "make" } }\n',
      'the build shares the source of a; it cannot follow another primary besides',
    ],
  ])('cannot follow as it stands: %s', (_, text, message) => {
    expect(wrong(text)).toContain(message);
  });

  it('needs to know where', () => {
    const text = `[project]\nname = "E"\n${build('b', `follows = "trunk"\n${UPDATE}`)}`;
    expect(problems(text).join('\n')).toContain('a follower needs `[coordination]`');
  });
});
