import { randomBytes } from 'node:crypto';
import type { Coordination, Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { userName } from '../host/user-name.js';
import { describeLock, type MessageContext, unlockCommand } from '../stages/messages.js';
import type { Direction, Migration } from '../stages/migration.js';
import type { Move } from '../stages/migration-move.js';
import { leads } from '../stages/primary-of.js';
import { shellWord } from '../text/shell-word.js';
import { quotedLines, shown } from '../text/shown.js';
import { confirmRemoval } from './confirmed-removal.js';
import { EXIT, Refusal } from './exit.js';
import { type GlobalOptions, projectOf } from './project-of.js';

export interface MigrateOptions {
  readonly to: Direction;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `stagelock migrate --to etcd|files` */
export async function migrateCommand(
  options: GlobalOptions,
  { to, dryRun = false, yes = false }: MigrateOptions,
): Promise<void> {
  const project = projectOf(options);
  const { coordination } = project;
  if (coordination === undefined) throw new Refusal(EXIT.usage, explainWithout(project, to));
  // Nothing of etcd is loaded where there is none.
  const { migrate } = await import('../stages/migration.js');
  const { describeMove } = await import('../stages/migration-move.js');
  const print = (moves: readonly Move[], tense: 'done' | 'planned'): void => {
    process.stdout.write(moves.map((move) => `${describeMove(move, tense)}\n`).join(''));
  };
  const host = thisHost();
  const command = `stagelock --config ${shellWord(project.file)} migrate --to ${to}`;
  const confirm = async (moves: readonly Move[]): Promise<void> => {
    if (to === 'etcd') return;
    if (!yes) print(moves, 'planned');
    const what = `what etcd has of these builds below ${shown(coordination.prefix)}`;
    await confirmRemoval({ build: shown(project.name), what, yes, command: `${command} --yes` });
  };
  const migration = await migrate(
    project,
    coordination,
    { to, dryRun, confirm },
    {
      host,
      now: () => new Date(),
      configFile: project.file,
      user: userName(),
      command: ['stagelock', ...process.argv.slice(2)].join(' '),
      run: randomBytes(8).toString('hex'),
      environment: process.env,
      secretVariables: project.secretVariables,
      configured: project.builds,
      signal: new AbortController().signal,
      report: () => undefined,
      step: () => undefined,
    },
  );
  if (migration.kind === 'planned') {
    print(migration.moves, 'planned');
    process.stdout.write(`Nothing was changed. To do it: ${command}\n`);
    return;
  }
  if (migration.kind === 'moved') {
    print(migration.moves, 'done');
    process.stdout.write(`${whatNow(project, coordination, to).join('\n')}\n`);
    return;
  }
  const context = { host, now: new Date(), configFile: project.file, builds: project.builds };
  const exitCode = migration.kind === 'not-movable' ? EXIT.failed : EXIT.held;
  throw new Refusal(exitCode, whyNot(project, migration, context, command));
}

function explainWithout({ file }: Project, to: Direction): string {
  return to === 'etcd'
    ? `${shown(file)}: there is no [coordination]; add it, as docs/hosts.md says, and run this again`
    : `${shown(file)}: there is no [coordination], so its builds go by files already; run this while the table is still there`;
}

function whyNot(
  { name, builds }: Project,
  migration: Exclude<Migration, { kind: 'moved' | 'planned' }>,
  context: MessageContext,
  command: string,
): string {
  const project = shown(name);
  switch (migration.kind) {
    case 'not-movable':
      return `${project}: not migrated: ${quotedLines(migration.message)}`;
    case 'away':
      return `${project}: not migrated, because etcd could not be asked: ${quotedLines(migration.message)}`;
    case 'lost':
      return [
        `${project}: stopped in its middle: ${quotedLines(migration.message)}`,
        '  Its locks stay, and no run begins. To complete it:',
        `  ${command}`,
      ].join('\n');
    case 'in-the-way': {
      const { locks, claims } = migration;
      const dead = locks.filter(({ judgement }) => judgement.fate !== 'alive');
      const cleared = [...new Set(dead.flatMap(({ build, record }) => record?.build ?? build ?? []))];
      const commands = cleared.filter((build) => builds.has(build)).map((build) => unlockCommand(build, context));
      return [
        `${project}: not migrated, because ${locks.length > 0 ? 'runs of it are in progress, or have left locks' : claims.length > 0 ? 'locks by name are held or waited for' : 'another migration came first'}.`,
        ...locks.flatMap((lock) => describeLock(lock, context)),
        ...claims.map((key) => `  etcd:${shown(key)}`),
        locks.length > dead.length || locks.length === 0
          ? '  Run this again when they have ended.'
          : '  Find out what happened, clear them, and run this again:',
        ...commands.map((each) => `  ${each}`),
      ].join('\n');
    }
  }
}

/** What is left for a person: the configurations of the hosts. */
function whatNow({ file, builds, name }: Project, { prefix }: Coordination, to: Direction): string[] {
  const primaries = [...builds.values()].filter(leads);
  const [first] = primaries;
  if (to === 'etcd') {
    return [
      `${shown(name)} is in etcd, below ${shown(prefix)}. On each other host:`,
      `  In its configuration: [coordination] with the same prefix, and follows = "${shown(first?.name ?? 'NAME')}" instead of primary = "…"`,
      `  A former secondary takes its place along by this command, before its first run there: stagelock migrate --to etcd`,
    ];
  }
  return [
    `${shown(name)} is in the files of this host. No run begins by etcd any more, on any host. Now:`,
    `  Remove [coordination] from ${shown(file)}, and from the configurations of all other hosts`,
    `  A follower that reaches ${shown(first?.directory ?? 'the directory of its primary')} becomes a secondary: primary = "${shown(first?.name ?? 'NAME')}" instead of follows, source and update`,
    `  Another one becomes a primary of its own: no follows`,
  ];
}
