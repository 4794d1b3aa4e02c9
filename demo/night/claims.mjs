// What the night claims, each checked against what was recorded. A claim is {claim, problem}; no problem: it held.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAGELOCK, temporaryOf } from '../world.mjs';
import { processesOf } from './crontab.mjs';
import { REFUSED } from './evening.mjs';
import { GRACE, MAINTAINERS, MONITOR, ZOE } from './world.mjs';

export function checkClaims(evening, events) {
  const { breaks, sticks, primary } = evening.world;
  return [
    claim('20:50 and 21:00 built and tested everything, and no one got a mail', notQuiet(evening)),
    claim(
      `21:10: the maintainers got one mail of ${breaks}, with its exit code and where its log is`,
      badReport(evening),
    ),
    claim(`21:10: ${ZOE.name} got one mail that ${breaks} is broken, with what the compiler says`, badBroken(evening)),
    claim(`22:20: the same people got one mail that ${breaks} works again, as an answer`, badFixed(evening)),
    claim(`21:20: the mail of ${primary} names the lock, its process and what to do`, badSkipped(evening)),
    claim(`21:20: so does the one of ${sticks}, which found itself`, badHeld(evening)),
    claim('21:30 to 22:10: the same again, ten times refused, and no mail', badRepeats(evening)),
    claim('22:15: what lives is not unlocked; what the mail of its end says clears the locks', badMending(evening)),
    claim(`22:20: one line each says that it is over for ${primary} and ${sticks}`, badOver(evening)),
    claim(`no one else got a mail, ${GRACE.name} for one, and no one the same twice`, strayMails(evening)),
    claim('cron itself had nothing to mail besides: no run wrote to its stderr', wroteToCron(evening)),
    claim('fewer mails to the maintainers than by plain cron', notFewer(evening)),
    claim('no update overlapped a build or test, and no two runs of a build each other', overlap(events)),
    claim(`while ${sticks} was stuck the source stayed as it was`, sourceMoved(evening)),
    claim('no lock, no waiting mail and no process is left', somethingLeft(evening)),
  ];
}

/** To the authors of what was built, not to the maintainers. */
export function isToAuthors({ kind }) {
  return kind === 'broken' || kind === 'fixed';
}

function claim(text, problem) {
  return { claim: text, problem };
}

function notQuiet(evening) {
  return listed(
    ['20:50', '21:00'].flatMap((at) => {
      const { runs, mails } = evening.scene(at);
      return [
        ...runs.filter(({ exit }) => exit !== 0).map(({ build, exit }) => `${at}: ${build} ended with ${exit}`),
        ...runs.filter(({ log }) => !/: test done in /.test(log)).map(({ build }) => `${at}: ${build} has not tested`),
        ...(runs.length === 3 ? [] : [`${at}: ${runs.length} runs`]),
        ...mails.map(({ subject }) => `${at}: "${subject}"`),
      ];
    }),
  );
}

function badReport(evening) {
  const { breaks, root } = evening.world;
  const mails = jobMails(evening, breaks);
  return (
    notOne(mails, '21:10') ??
    notTo(mails[0], [MAINTAINERS], []) ??
    missing(mails[0].subject, [`/${breaks}: build failed: `]) ??
    missing(mails[0].text, [
      `${breaks}: build failed: `,
      '(exit code 2 after ',
      compilerError(evening),
      `log: ${join(root, temporaryOf(breaks))}/LastBuild_`,
    ])
  );
}

function badBroken(evening) {
  const { breaks } = evening.world;
  const mails = evening.mails.filter(({ kind }) => kind === 'broken');
  const error = compilerError(evening);
  if (error === undefined) return `the log of ${breaks} has no error`;
  return (
    notOne(mails, '21:10') ??
    notTo(mails[0], [ZOE.address], [MONITOR]) ??
    (mails[0].to[0].name === ZOE.name ? undefined : `it is to "${mails[0].to[0].name}"`) ??
    missing(mails[0].subject, [`/${breaks}: build failed: `]) ??
    missing(mails[0].text, [error, 'Count different words', ZOE.name])
  );
}

function badFixed(evening) {
  const { breaks } = evening.world;
  const mails = evening.mails.filter(({ kind }) => kind === 'fixed');
  const broken = evening.mails.find(({ kind }) => kind === 'broken');
  return (
    notOne(mails, '22:20') ??
    notTo(mails[0], [ZOE.address], [MONITOR]) ??
    (broken !== undefined && mails[0].follows === broken.id ? undefined : 'it does not follow the other') ??
    missing(mails[0].subject, [`/${breaks}: works again`])
  );
}

function badSkipped(evening) {
  const { primary } = evening.world;
  const { stuck } = evening;
  if (stuck === undefined) return 'nothing was stuck';
  const mails = jobMails(evening, primary).filter(({ scene }) => scene !== '22:20');
  return (
    notOne(mails, '21:20') ??
    notTo(mails[0], [MAINTAINERS], []) ??
    missing(mails[0].subject, [`exit code ${REFUSED}`]) ??
    missing(mails[0].text, [
      stuck.lock,
      `held by pid ${stuck.pid} of `,
      '(running for ',
      'when_secondaries_build = "wait"',
    ])
  );
}

function badHeld(evening) {
  const { sticks } = evening.world;
  const { stuck } = evening;
  if (stuck === undefined) return 'nothing was stuck';
  const mails = jobMails(evening, sticks).filter(({ scene }) => scene < '22:15');
  return (
    notOne(mails, '21:20') ??
    notTo(mails[0], [MAINTAINERS], []) ??
    missing(mails[0].text, [`${stuck.own}: `, `held by pid ${stuck.pid} of `, '(running for ', `status ${sticks}`])
  );
}

function badRepeats(evening) {
  const { primary, sticks } = evening.world;
  const scenes = evening.scenes.filter(({ at }) => at > '21:20' && at < '22:15');
  const refused = scenes.flatMap(({ runs }) => runs.filter(({ exit }) => exit === REFUSED).map(({ build }) => build));
  const times = (build) => refused.filter((each) => each === build).length;
  const heard = scenes.reduce((sum, { plain }) => sum + plain.length, 0);
  return listed([
    ...scenes.flatMap(({ at, mails }) => mails.map(({ subject }) => `${at}: "${subject}"`)),
    ...[primary, sticks]
      .filter((build) => times(build) !== 5)
      .map((build) => `${build} was refused ${times(build)} times`),
    ...(heard === 10 ? [] : [`with --every-warning ${heard} of them say something`]),
  ]);
}

function badMending({ world, stuck, person, mails }) {
  if (stuck === undefined) return 'nothing was stuck';
  if (person.named !== stuck.pid) return `the mail names process ${person.named}, and it is ${stuck.pid}`;
  if (person.refused.exit !== REFUSED) return `unlock of a living run ended with ${person.refused.exit}`;
  const ends = mails.filter(({ scene }) => scene === '22:15');
  const { advice, unlocked, locksBefore } = person;
  return (
    notOne(ends, '22:15') ??
    notTo(ends[0], [MAINTAINERS], []) ??
    missing(ends[0].text, [`${world.sticks}: interrupted`, stuck.lock, stuck.own]) ??
    (locksBefore.length === 2 ? undefined : `the run has left ${locksBefore.join(', ') || 'no lock'}`) ??
    (advice === undefined ? 'it names no command' : undefined) ??
    (unlocked?.exit === 0 ? undefined : `${advice} ended with ${unlocked?.exit}: ${unlocked?.stderr}`) ??
    missing(unlocked.stdout, [`removed ${stuck.lock}`, `removed ${stuck.own}`])
  );
}

function badOver(evening) {
  const { primary, sticks } = evening.world;
  const last = evening.mails.filter(({ kind, scene }) => kind === 'job' && scene === '22:20');
  return listed([
    ...(last.length === 2 ? [] : [`${last.length} mails to the maintainers`]),
    ...[primary, sticks].flatMap((build) => {
      const own = last.filter((mail) => mail.build === build);
      const lines = own.flatMap(({ text }) => text.split('\n')).filter((line) => /is over\.$/.test(line));
      const [line = ''] = lines;
      const good =
        lines.length === 1 && line.includes(`${build}: runs again. The problem of `) && line.includes('(5 times');
      return good ? [] : [`${build}: ${line || 'no such line'}`];
    }),
  ]);
}

/** All the mails of the night are the ones that the other claims are about, each once to each of its people. */
function strayMails(evening) {
  const counts = evening.mails.map(({ scene, kind, build }) => `${scene} ${kind} ${build}`).sort();
  const { breaks, sticks, primary } = evening.world;
  const expected = [
    `21:10 job ${breaks}`,
    `21:10 broken ${breaks}`,
    `21:20 job ${primary}`,
    `21:20 job ${sticks}`,
    `22:15 job ${sticks}`,
    `22:20 job ${primary}`,
    `22:20 job ${sticks}`,
    `22:20 fixed ${breaks}`,
  ].sort();
  const people = evening.mails.flatMap(({ recipients }) => recipients);
  const strangers = people.filter((each) => ![MAINTAINERS, MONITOR, ZOE.address].includes(each));
  return listed([
    ...(counts.join('; ') === expected.join('; ') ? [] : [`the mails are ${counts.join('; ')}`]),
    ...strangers.map((address) => `a mail to ${address}`),
    ...evening.mails
      .filter(({ recipients }) => new Set(recipients).size < recipients.length)
      .map(({ subject, recipients }) => `"${subject}" to ${recipients.join(', ')}`),
    ...(new Set(evening.mails.map(({ id }) => id)).size === evening.mails.length ? [] : ['a mail came in two scenes']),
  ]);
}

function wroteToCron({ scenes }) {
  const runs = scenes.flatMap((scene) => scene.runs);
  return listed(
    runs.filter(({ output }) => output !== '').map(({ at, build, output }) => `${at} ${build}: ${output.trim()}`),
  );
}

function notFewer({ scenes, mails }) {
  const plain = scenes.reduce((sum, scene) => sum + scene.plain.length, 0);
  const sent = mails.filter((mail) => !isToAuthors(mail)).length;
  return sent < plain ? undefined : `${sent} instead of ${plain}`;
}

/**
 * The witness log decides: between `begins` and `ends` of an update there is nothing of a build or test, and between those of
 * a stage nothing of another run of the same build.
 */
function overlap(events) {
  const active = new Map();
  let updates = 0;
  for (const { build, run, what, detail } of events) {
    const activity = `${what} of ${build}`;
    if (detail === 'ends') active.delete(`${run} ${activity}`);
    if (detail !== 'begins') continue;
    if (what === 'update') updates++;
    const others = [...active.values()];
    const source = others.find((other) => what === 'update' || other.what === 'update');
    if (source !== undefined) return `${activity} began during ${source.activity}`;
    if (others.some((other) => other.build === build && other.run !== run)) return `two runs of ${build} at once`;
    active.set(`${run} ${activity}`, { activity, build, run, what });
  }
  if (active.size > 0) return `${[...active.values()].map(({ activity }) => activity).join(', ')} never ended`;
  return updates === 3 ? undefined : `${updates} updates were seen instead of 3`;
}

function sourceMoved({ scenes }) {
  const found = scenes.filter(({ source }) => source !== undefined).map(({ at, source }) => ({ at, source }));
  const expected = (at) => {
    if (at < '21:00') return 'Count words';
    if (at < '21:10') return 'Count letters, too';
    return at < '22:15' ? 'Count different words' : 'A table begins empty; no function in a function';
  };
  return listed(
    found.filter(({ at, source }) => source !== expected(at)).map(({ at, source }) => `${at}: "${source}"`),
  );
}

/** Stage locks and mails as stagelock itself sees them, and processes as the system does. */
function somethingLeft({ world }) {
  const ask = (...words) =>
    JSON.parse(
      execFileSync(process.execPath, [STAGELOCK, '--config', world.config, ...words, '--json'], {
        env: world.environment,
        encoding: 'utf8',
      }),
    );
  const { waiting, failed } = ask('mail');
  return listed([
    ...ask('status').builds.flatMap((build) => build.locks.map((lock) => lock.path)),
    ...[...waiting, ...failed].map(({ letter }) => `"${letter.subject}"`),
    ...processesOf(world),
  ]);
}

/** What the compiler says in the log of the build that a commit breaks. */
function compilerError({ world }) {
  const directory = join(world.root, temporaryOf(world.breaks));
  const logs = readdirSync(directory).filter((name) => name.startsWith('LastBuild_'));
  const texts = logs.map((name) => readFileSync(join(directory, name), 'utf8'));
  return /\btable\.c:\d+:\d+: error: .*/.exec(texts.join('\n'))?.[0];
}

function jobMails({ mails }, build) {
  return mails.filter((mail) => mail.kind === 'job' && mail.build === build);
}

function notOne(mails, at) {
  if (mails.length !== 1) return `${mails.length} mails`;
  return mails[0].scene === at ? undefined : `it came at ${mails[0].scene}`;
}

/** Its headers and its envelope. */
function notTo(mail, to, cc) {
  const found = [mail.to, mail.cc].map((people) => people.map(({ address }) => address));
  if (found[0].join() !== to.join()) return `it is to ${found[0].join(', ') || 'no one'}`;
  if (found[1].join() !== cc.join()) return `its copy is to ${found[1].join(', ') || 'no one'}`;
  const envelope = mail.recipients.toSorted();
  return envelope.join() === [...to, ...cc].sort().join() ? undefined : `its envelope is to ${envelope.join(', ')}`;
}

function missing(text, parts) {
  const absent = parts.filter((part) => !text.includes(part));
  return absent.length === 0 ? undefined : `it does not have ${absent.map((part) => `"${part}"`).join(', ')}`;
}

function listed(problems) {
  return problems.length === 0 ? undefined : problems.join('; ');
}
