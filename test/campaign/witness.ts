import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from './repository.js';
import { LOOK } from './tree.js';

/**
 * The programs that bear witness. They know nothing of stagelock's locks: whoever reads the source holds a kernel lock
 * shared, whoever moves it holds it exclusively, and all of them look at the tree itself. What they see goes into a log that
 * is only ever appended to.
 */
export function writeWitnesses(root: string, system: System): void {
  for (const name of ['bin', 'seen', 'busy']) mkdirSync(join(root, name), { recursive: true });
  for (const name of ['events', 'witness']) writeFileSync(join(root, name), '');
  script(join(root, 'bin', 'stage'), stage(root));
  script(join(root, 'bin', 'reader'), reader(root));
  const real = execFileSync('sh', ['-c', `command -v ${system}`], { encoding: 'utf8' }).trim();
  script(join(root, 'bin', system), versionControl(root, system, real));
}

/** The commands that change the tree. */
const MOVES: Readonly<Record<System, string>> = {
  git: '*" merge "*|*" reset "*|*" checkout "*|*" switch "*|*" restore "*|*" read-tree "*|*" checkout-index "*|*" stash "*|*" clean "*',
  svn: '*" update "*|*" switch "*|*" revert "*|*" up "*',
  hg: '*" update "*|*" up "*|*" checkout "*|*" revert "*|*" merge "*|*" purge "*|*" clean "*',
  cvs: '*" update "*',
};

/** What only looks, although it has such a word in it. */
const LOOKS: Readonly<Record<System, string>> = {
  git: '*" log "*',
  svn: '*" log "*',
  hg: '*" log "*',
  cvs: '*" -n "*',
};

const note = (root: string): string => `note() { echo "$*" >> '${root}/events'; }`;

function stage(root: string): string {
  return `# One stage: reads the source for a while, with a child that does the same.
${note(root)}
${LOOK}
what="run=$CAMPAIGN_RUN build=$STAGELOCK_BUILD stage=$STAGELOCK_STAGE id=$STAGELOCK_RUN"
exec 8>> "${root}/busy/$STAGELOCK_BUILD" 9< '${root}/witness'
flock -xn 8 || note "TWO $what: begins while another stage of the build is there"
flock -sn 9 || note "OVERLAP $what: begins to read while an update moves the tree"
view=$(look) || exit 1
seen='${root}'/seen/$STAGELOCK_RUN.xml
[ -e "$seen" ] || { cp "$STAGELOCK_BUILD_DIR/Testing/$STAGELOCK_TAG/Update.xml" "$seen.tmp" && mv "$seen.tmp" "$seen"; }
note "begin $what pid=$$ view=$view"
case $CAMPAIGN_LEAVES in
child) '${root}/bin/reader' "$view" & sleep 0.03; note "end $what: leaves a child"; exit 0 ;;
session) setsid '${root}/bin/reader' "$view" & sleep 0.03; note "end $what: leaves a session"; exit 0 ;;
esac
'${root}/bin/reader' "$view" &
wait $!
now=$(look) || exit 1
[ "$now" = "$view" ] || note "OVERLAP $what: saw $view become $now"
note "end $what"
exit "$CAMPAIGN_FAILS"`;
}

function reader(root: string): string {
  return `# The child of a stage, as a compiler is: reads the source for as long as the run was told.
${note(root)}
${LOOK}
what="run=$CAMPAIGN_RUN build=$STAGELOCK_BUILD stage=$STAGELOCK_STAGE id=$STAGELOCK_RUN"
note "reads $what pid=$$"
for turn in $(seq "$CAMPAIGN_TURNS"); do
  now=$(look) || exit 1
  [ "$now" = "$1" ] || { note "OVERLAP $what: a child saw $1 become $now"; exit 1; }
  sleep 0.03
done`;
}

function versionControl(root: string, system: System, real: string): string {
  return `# Stands before ${system} in the PATH of runs.
${note(root)}
note "command run=$CAMPAIGN_RUN pid=$$ ${system} $(echo "$*" | tr '\\n' ' ' | cut -c1-150)"
[ '${system}' != cvs ] || unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE # it would sleep until a clock that was set back
case " $* " in
${LOOKS[system]}) ;;
${MOVES[system]})
  exec 9< '${root}/witness'
  flock -xn 9 || note "OVERLAP run=$CAMPAIGN_RUN: ${system} moves the tree while a stage reads it"
  note "moves run=$CAMPAIGN_RUN pid=$$"
  [ -z "$CAMPAIGN_PRELOAD" ] || export LD_PRELOAD="$CAMPAIGN_PRELOAD\${LD_PRELOAD:+:$LD_PRELOAD}" ;;
esac
exec '${real}' "$@"`;
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}
