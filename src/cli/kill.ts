import { lstatSync } from 'node:fs';
import type { Build, Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { type Elsewhere, endRuns, type Living, livingRuns } from '../stages/kill.js';
import { type MessageContext, unlockCommand } from '../stages/messages.js';
import { describeRemnants, killCommand } from '../stages/remnant-text.js';
import { shown } from '../text/shown.js';
import { confirmed } from './confirmation.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

/** `stagelock kill [BUILD]` */
export async function killCommandLine(
  options: GlobalOptions,
  name: string | undefined,
  { yes = false }: { readonly yes?: boolean },
): Promise<void> {
  const project = projectOf(options);
  const host = thisHost();
  const context = (): MessageContext => ({ host, now: new Date(), configFile: project.file, builds: project.builds });
  if (name !== undefined && !project.builds.has(name)) await refuseElsewhere(project, name, context());
  const build = buildOf(project, name);
  const found = livingRuns(build, host);
  if (found.processes.length > 0) {
    process.stdout.write(`${build.name}: alive on ${shown(host.name)}:\n`);
    for (const line of describeRemnants(found.processes, context())) process.stdout.write(`${line}\n`);
    await end(build, found, yes, context());
  } else process.stdout.write(`${build.name}: no process of its runs is alive on ${shown(host.name)}\n`);
  printHidden(found);
  if (found.elsewhere.length > 0)
    throw new Refusal(EXIT.held, explainElsewhere(build.name, found.elsewhere, context()));
  await refuseElsewhere(project, build.name, context());
  const { locks } = livingRuns(build, host);
  if (locks.length > 0) {
    const stay = locks.length === 1 ? 'Its lock stays' : 'Its locks stay';
    process.stdout.write(
      `${stay}; to clear ${locks.length === 1 ? 'it' : 'them'} after a look:\n  ${unlockCommand(build.name, context())}\n`,
    );
  }
}

async function end(build: Build, found: Living, yes: boolean, context: MessageContext): Promise<void> {
  if (found.runs.ids.has(process.env['STAGELOCK_RUN'] ?? '')) {
    throw new Refusal(
      EXIT.usage,
      `${build.name}: nothing was ended, since this command runs inside the run that it would end`,
    );
  }
  if (!yes && !process.stdin.isTTY) {
    const command = `${killCommand(build.name, context)} --yes`;
    throw new Refusal(
      EXIT.usage,
      `${build.name}: nothing was ended, because there is no terminal to ask for confirmation. After a look:\n  ${command}`,
    );
  }
  const what = found.processes.length === 1 ? 'this process' : `these ${found.processes.length} processes`;
  if (!yes && !(await confirmed(`End ${what}? [y/N] `)))
    throw new Refusal(EXIT.failed, `${build.name}: nothing was ended`);
  await endRuns(found, context.host);
  const left = livingRuns(build, context.host).processes.filter(({ run }) => found.runs.ids.has(run));
  if (left.length > 0) throw new Refusal(EXIT.held, explainLeft(build, left, context));
  process.stdout.write(
    `${build.name}: ended ${found.processes.length === 1 ? '1 process' : `${found.processes.length} processes`}\n`,
  );
}

/** What got its signals and lives, waits inside the kernel; what could not get them is another user's. */
function explainLeft(build: Build, left: Living['processes'], context: MessageContext): string {
  const own = process.getuid?.() ?? 0;
  const others = left.filter(
    ({ pid }) => own !== 0 && lstatSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid !== own,
  );
  const users = [...new Set(others.map(({ user }) => user))];
  const stuck = left.filter((remnant) => !others.includes(remnant));
  return [
    `${build.name}: still alive:`,
    ...describeRemnants(left, context),
    ...(users.length === 0
      ? []
      : [
          `  Only ${users.map((user) => shown(user)).join(', ')} or root can end what is not yours:`,
          `  ${killCommand(build.name, context)}`,
        ]),
    ...(stuck.length === 0
      ? []
      : ['  A killed process that does not end is waiting inside the kernel, usually for a file server or a disk.']),
  ].join('\n');
}

/** @throws Refusal when a run of the build is alive on another host, as etcd says */
async function refuseElsewhere({ coordination }: Project, build: string, context: MessageContext): Promise<void> {
  if (coordination === undefined) return;
  const { locksInEtcd } = await import('../stages/locks-in-etcd.js');
  const seen = await locksInEtcd(coordination, build);
  if (seen.kind === 'away') {
    throw new Refusal(EXIT.held, `${build}: whether it runs on another host is unknown: ${shown(seen.message)}`);
  }
  const living = seen.locks.filter(({ judgement }) => judgement.fate === 'alive').flatMap(({ record }) => record ?? []);
  const elsewhere = new Map(living.filter(({ host }) => host !== coordination.host).map((each) => [each.run, each]));
  if (elsewhere.size > 0) throw new Refusal(EXIT.held, explainElsewhere(build, [...elsewhere.values()], context));
}

function explainElsewhere(build: string, elsewhere: readonly Elsewhere[], context: MessageContext): string {
  const hosts = [...new Set(elsewhere.map(({ host }) => host))];
  return [
    `${build}: processes of another host can be ended only there:`,
    ...elsewhere.map(({ pid, user, host }) => `  process ${pid} of ${shown(user)} on ${shown(host)}`),
    `  On ${hosts.map((host) => shown(host)).join(' and on ')}:`,
    `  ${killCommand(build, context)}`,
  ].join('\n');
}

/** Users of a dead run whose processes only they and root can tell from others. */
function printHidden({ locks }: Living): void {
  const own = process.getuid?.() ?? 0;
  const dead = locks.filter((lock) => own !== 0 && lock.judgement.fate === 'dead');
  const others = dead.filter((lock) => lstatSync(lock.path, { throwIfNoEntry: false })?.uid !== own);
  const users = [...new Set(others.flatMap((lock) => lock.record?.user ?? []))];
  if (users.length === 0) return;
  process.stdout.write(
    `  Only ${[...users.filter((user) => user !== 'root').map((user) => shown(user)), 'root'].join(' and ')} can see whether processes of the dead run are still running\n`,
  );
}
