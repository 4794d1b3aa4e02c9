import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Says something on both streams and fails, whatever calls it. */
const NOISY = '#!/bin/sh\necho "M  hook on stdout"\necho "hook: error: on stderr" >&2\nexit 1\n';

/**
 * Settings of a user's that change what the clients do, write or ask, for all systems at once. Whoever runs builds has them from
 * somewhere: a desktop, a company's defaults, an old habit.
 *
 * @param home where the files go; it becomes HOME
 */
export function nastySettings(home: string): NodeJS.ProcessEnv {
  const write = (path: string, text: string): string => {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  };
  for (const hook of ['post-merge', 'post-checkout', 'post-rewrite', 'pre-auto-gc']) write(`hooks/${hook}`, NOISY);
  const noisy = write('noisy', NOISY);
  const silent = write('silent', '#!/bin/sh\nexit 0\n');
  write('.gitconfig', gitConfig(home, silent));
  write('.subversion/config', SVN_CONFIG);
  write('.hgrc', hgConfig(noisy));
  write('.cvsrc', 'cvs -n -q\nupdate -C -l\nrlog -h\nlog -h\nrls -l\n');
  return {
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
    HGRCPATH: join(home, '.hgrc'),
    HGPLAINEXCEPT: 'alias,color,i18n,revsetalias,templatealias,exitcode,verbose',
    HGEDITOR: 'false',
    SVN_EDITOR: 'false',
    SVN_MERGE: noisy,
    CVSREAD: '1',
    CVSIGNORE: '*.c *.sh',
    CVSEDITOR: 'false',
    VISUAL: 'false',
    EDITOR: 'false',
    PAGER: 'false',
    GREP_COLORS: 'always',
    LANG: 'de_DE.UTF-8',
    LANGUAGE: 'de',
  };
}

const gitConfig = (home: string, silent: string): string => `[core]
  hooksPath = ${home}/hooks
  fsmonitor = ${silent}
  untrackedCache = true
  editor = false
  pager = false
  quotePath = true
  checkStat = minimal
  trustctime = false
  preloadIndex = false
[color]
  ui = always
[fetch]
  prune = true
  pruneTags = true
  recurseSubmodules = true
[submodule]
  recurse = true
[status]
  showUntrackedFiles = all
  relativePaths = true
  branch = true
  submoduleSummary = true
[diff]
  external = false
  noprefix = true
  ignoreSubmodules = all
  renames = copies
[log]
  showSignature = true
  decorate = full
  date = relative
  follow = true
[format]
  pretty = oneline
[merge]
  ff = false
  autoStash = true
  stat = true
  verifySignatures = true
[pull]
  rebase = true
[rebase]
  autoStash = true
[rerere]
  enabled = true
[advice]
  detachedHead = false
[gc]
  auto = 1
[alias]
  status = log
`;

const SVN_CONFIG = `[helpers]
editor-cmd = false
diff-cmd = false
diff3-cmd = false
merge-tool-cmd = false
[miscellany]
global-ignores = *.c *.sh
interactive-conflicts = yes
enable-auto-props = yes
no-unlock = yes
preserved-conflict-file-exts = c
[auto-props]
* = svn:eol-style=CRLF
`;

const hgConfig = (noisy: string): string => `[ui]
verbose = true
tweakdefaults = true
interactive = true
editor = false
merge = false
style = compact
logtemplate = {rev}\\n
ignore = /dev/null
[alias]
log = log --limit 1
status = status --all
update = update --clean
pull = pull --update
parents = log --limit 1
resolve = resolve --all
[defaults]
log = --limit 1
status = --all
update = --clean
pull = --update
[commands]
status.relative = true
status.verbose = true
update.check = none
[color]
mode = ansi
[hooks]
post-update = ${noisy}
post-pull = ${noisy}
changegroup = ${noisy}
update = ${noisy}
outgoing = ${noisy}
`;
