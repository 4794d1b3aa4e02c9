import type { SystemName } from '../../../src/updates/record.js';

/**
 * What a person does with the client in the source: takes an edit back, brings the tree or a part of it to another revision, merges,
 * renames, leaves things half done. Much of it fails, as it does for persons.
 */
export const BY_HAND: Readonly<Record<SystemName, readonly (readonly string[])[]>> = {
  git: [
    ['checkout', '-q', '--', '.'],
    ['pull', '-q', '--ff-only'],
    ['pull', '-q', '--no-rebase'],
    ['reset', '-q', '--hard', 'HEAD~1'],
    ['reset', '-q', '--soft', 'HEAD~1'],
    ['checkout', '-q', '--detach', 'HEAD~1'],
    ['checkout', '-q', 'HEAD~1', '--', 'lib'],
    ['checkout', '-q', '-B', 'side'],
    ['checkout', '-q', 'main'],
    ['stash', '-q'],
    ['stash', 'pop', '-q'],
    ['commit', '-qam', 'mine'],
    ['revert', '-n', 'HEAD'],
    ['cherry-pick', 'HEAD~1'],
    ['rebase', '-q', 'HEAD~2'],
    ['rm', '-q', '--cached', 'b.c'],
    ['mv', 'lib/deep', 'moved'],
    ['update-index', '--assume-unchanged', 'a.c', 'lib/c.c'],
    ['update-index', '--skip-worktree', 'more/e.c'],
  ],
  svn: [
    ['revert', '-q', '-R', '.'],
    ['update', '-q', '--accept', 'postpone'],
    ['update', '-q', '-r', 'PREV'],
    ['update', '-q', '-r', 'PREV', 'lib'],
    ['update', '-q', '-r', 'PREV', 'a.c', 'more'],
    ['switch', '-q', '--ignore-ancestry', '^/other', 'lib/deep'],
    ['merge', '-q', '--accept', 'postpone', '-c', '-3', '.'],
    ['resolve', '-q', '--accept', 'working', '-R', '.'],
    ['rm', '-q', '--keep-local', 'b.c'],
    ['rm', '-q', '--force', 'lib'],
    ['move', '-q', 'lib/deep', 'moved'],
    ['propset', '-q', 'svn:executable', '*', 'a.c'],
    ['commit', '-q', '-m', 'mine'],
  ],
  hg: [
    ['revert', '-q', '--all', '--no-backup'],
    ['revert', '-q', '-r', '.^', 'lib'],
    ['pull', '-q', '-u'],
    ['update', '-q', '-r', '.^'],
    ['update', '-q', '-C', '-r', '.^'],
    ['update', '-q', '-r', 'tip', '--tool', ':fail'],
    ['commit', '-q', '-u', 'me', '-m', 'mine'],
    ['merge', '-q', '--tool', ':fail'],
    ['backout', '-q', '-r', '.', '--no-commit', '--tool', ':fail'],
    ['forget', '-q', 'b.c'],
    ['rename', '-q', 'lib/deep', 'moved'],
    ['branch', '-q', '-f', 'mine'],
    ['debugrebuilddirstate'],
  ],
  cvs: [
    ['-Q', 'update', '-d', '-A', '-P', '-C'],
    ['-Q', 'update', '-d', '-A', '-P'],
    ['-Q', 'update'],
    ['-Q', 'update', '-r', '1.1', 'lib'],
    ['-Q', 'update', '-r', '1.1', 'a.c', 'more'],
    ['-Q', 'update', '-r', '1.2'],
    ['-Q', 'update', '-D', '2020-01-01', 'lib'],
    ['-Q', 'update', '-D', '2020-01-01', 'b.c'],
    ['-Q', 'update', '-j', '1.2', '-j', '1.1', 'lib/c.c'],
    ['-Q', 'update', '-A', '-kv', 'b.c'],
    ['-Q', 'remove', '-f', 'b.c'],
    ['-Q', 'commit', '-m', 'mine'],
  ],
};

/** What a person does without the client. `backup` has what the source was when the history began. */
export const BY_SHELL: readonly string[] = [
  'rm -rf lib',
  'rm -f a.c b.c',
  'rm -rf lib && cp -a ../backup/lib lib',
  'cp -a ../backup/a.c ../backup/b.c .',
  'rm -rf lib && ln -s ../backup/lib lib',
  'rm -f a.c && ln -s ../backup/a.c a.c',
  'rm -rf lib && echo mine >lib',
  'rm -f b.c && mkdir b.c',
  'test ! -d lib || mv lib lib.old',
];

/** What leaves a conflict in `a.c`, with its markers, while the revision that is checked out stays what it was. */
export const CONFLICTS: Readonly<Record<SystemName, string>> = {
  git: 'git checkout -q HEAD -- a.c; echo "int mine;" >a.c; git diff -- a.c >../mine.patch; git checkout -q -- a.c; echo "int theirs;" >a.c; git add a.c; git apply --3way ../mine.patch',
  svn: 'echo "int mine;" >a.c; svn update -q -r PREV --accept postpone a.c',
  // All files, since those of the last commit are not known here.
  hg: 'here=$(hg log -r . -T "{node}"); hg update -q -C -r .^; for file in $(hg files); do echo "int theirs;" >"$file"; done; hg commit -q -u me -m theirs; hg update -q -C -r "$here"; hg merge -q -r tip --tool :merge',
  cvs: 'echo "int mine;" >a.c; cvs -Q update -r 1.1 a.c',
};
