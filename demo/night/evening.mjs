// The evening, scene by scene. What is said about it in the end comes from what is recorded here: the runs, the mails, what
// plain cron would have mailed, and what a person did.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryOf } from '../world.mjs';
import { checkedOut, GRACE, push, ZOE } from './world.mjs';

const AGAIN = ['21:30', '21:40', '21:50', '22:00', '22:10'];
/** The exit code of a run that was not done because of others. */
export const REFUSED = 75;
/** The test of a stuck build has had this long when it is taken for stuck; it takes a hundredth of that otherwise. */
const STUCK_SECONDS = 1;

export class Evening {
  #stage;
  world;
  /** {at, title, runs, mails, plain, source}; `plain` has {build, text} for each mail of plain cron. */
  scenes = [];
  /** {run, pid, lock, own}: the run that does not end, and the paths of its locks. */
  stuck;
  /** What a person did about it: {refused, named, advice, unlocked}. */
  person;

  /** @param stage {clock, witness, crontab, mailbox, show} */
  constructor(world, stage) {
    this.world = world;
    this.#stage = stage;
  }

  get mails() {
    return this.scenes.flatMap(({ at, mails }) => mails.map((mail) => ({ ...mail, scene: at })));
  }

  scene(at) {
    return this.scenes.find((scene) => scene.at === at);
  }

  async play() {
    await this.goWrong();
    await this.recover();
  }

  /** Up to a build that is broken, one that is stuck and a primary that is skipped. */
  async goWrong() {
    const { breaks, sticks, primary } = this.world;
    await this.#act([
      () => this.#fire('20:50', 'the first builds, of a commit by Grace'),
      () => this.#push('20:55', GRACE, 2, 'Count letters, too'),
      () => this.#fire('21:00', 'a good commit'),
      () => this.#push('21:05', ZOE, 3, 'Count different words'),
      () => this.#fire('21:10', `it breaks ${breaks}, and ${sticks} gets stuck in it`, sticks),
      () => this.#push('21:15', ZOE, 4, 'A table begins empty; no function in a function'),
      () => this.#fire('21:20', `${primary} is skipped: ${sticks} still reads the source`),
      ...AGAIN.map((at) => () => this.#fire(at, 'the same again')),
    ]);
  }

  /** A person mends it. */
  async recover() {
    await this.#act([() => this.#mend('22:15'), () => this.#fire('22:20', 'the fix is built')]);
  }

  async #act(acts) {
    for (const act of acts) {
      if (this.#stage.clock.over) return;
      await act();
    }
  }

  async #push(at, person, number, message) {
    await push(this.world, person, number, message);
    this.#tell(at, person.name.split(' ')[0], `pushed "${message}"`);
  }

  /** One firing of the crontab. The offset of the secondaries: until the primary updates, or has nothing to update. */
  async #fire(at, title, sticks) {
    const { clock, witness, crontab } = this.#stage;
    const { primary, secondaries } = this.world;
    const scene = { at, title, runs: [], mails: [], plain: [], source: undefined };
    this.scenes.push(scene);
    const start = (build) => {
      const run = crontab.run(build, at);
      scene.runs.push(run);
      return build === sticks ? this.#untilStuck(run) : run.over.then(() => this.#hear(scene, run));
    };
    witness.read();
    const heard = witness.events.length;
    const first = start(primary);
    const updates = () => witness.events.slice(heard).some(({ what }) => what === 'update');
    while (scene.runs[0].exit === undefined && !updates() && !clock.over) await clock.sleep(0.02);
    // What is asked of a primary that was refused shall not meet its secondaries.
    if (scene.runs[0].exit === REFUSED) await first;
    await Promise.all([first, ...(clock.over ? [] : secondaries.map(start))]);
    if (clock.over) return;
    scene.source = await checkedOut(this.world);
    await this.#collect(scene);
  }

  /** A run has ended. One that was refused may have kept quiet about it; why it was, a second one tells. */
  async #hear(scene, run) {
    const { clock, crontab } = this.#stage;
    if (clock.over) return;
    if (run.exit !== REFUSED) return this.#tell(run.at, run.build, cameOf(run));
    const text = await crontab.runPlainly(run.build);
    if (text !== '') scene.plain.push({ build: run.build, text });
    const [, why = 'not run'] = /^stagelock: \S+: (.*?)(?: from \S+)?\.?$/m.exec(text) ?? [];
    this.#tell(run.at, run.build, why);
  }

  async #untilStuck(run) {
    const { clock, witness } = this.#stage;
    const tests = () =>
      witness.events.some((event) => event.build === run.build && event.what === 'test' && event.at > run.began);
    while (run.exit === undefined && !tests() && !clock.over) await clock.sleep(0.05);
    await Promise.race([clock.sleep(STUCK_SECONDS), run.over]);
    if (run.exit !== undefined || clock.over) return;
    const lock = join(this.world.root, temporaryOf(this.world.primary), `running.${run.build}`);
    const own = join(this.world.root, temporaryOf(run.build), 'running');
    this.stuck = { run, pid: JSON.parse(readFileSync(lock, 'utf8')).pid, lock, own };
    this.#tell(run.at, run.build, 'does not come back from its stage test');
  }

  /** A person reads the mails, and does what they say. */
  async #mend(at) {
    const { primary, sticks } = this.world;
    const scene = { at, title: 'a person ends the stuck run', runs: [], mails: [], plain: [], source: undefined };
    this.scenes.push(scene);
    const skipped = this.mails.find(({ kind, build }) => kind === 'job' && build === primary);
    const named = Number(/held by pid (\d+) of /.exec(skipped?.text ?? '')?.[1]);
    const refused = await this.#atTerminal(`stagelock --config "${this.world.config}" unlock ${sticks} --yes`);
    this.#tell(at, 'person', `unlock ${sticks} --yes: exit code ${refused.exit}, since its run lives`);
    this.person = { refused, named, advice: undefined, unlocked: undefined };
    if (this.stuck === undefined || named !== this.stuck.pid) return; // no other process is ended
    process.kill(named, 'SIGTERM');
    this.#tell(at, 'person', `kill ${named}, the process that the mail of ${skipped.scene} names`);
    await this.stuck.run.over;
    this.#tell(at, sticks, cameOf(this.stuck.run));
    await this.#collect(scene);
    const advice = /stagelock --config \S+ unlock \S+/.exec(scene.mails[0]?.text ?? '')?.[0];
    this.person.locksBefore = [this.stuck.lock, this.stuck.own].filter((path) => existsSync(path));
    this.person.advice = advice;
    if (advice === undefined || this.#stage.clock.over) return;
    this.person.unlocked = await this.#atTerminal(`${advice} --yes`);
    this.#tell(
      at,
      'person',
      `${advice.replace(/ --config \S+/, '')} --yes, as the mail says: exit code ${this.person.unlocked.exit}`,
    );
  }

  async #atTerminal(command) {
    const { root, environment } = this.world;
    return await new Promise((resolve) => {
      execFile('/bin/sh', ['-c', command], { cwd: root, env: environment }, (error, stdout, stderr) => {
        resolve({ exit: error?.code ?? 0, stdout, stderr });
      });
    });
  }

  async #collect(scene) {
    const mails = await this.#stage.mailbox.collect();
    scene.mails.push(...mails);
    for (const mail of mails) if (isPlainToo(mail)) scene.plain.push({ build: mail.build, text: mail.text });
    this.#tell(
      scene.at,
      '',
      mails.length === 0 ? '-> no mail' : `-> ${mails.length === 1 ? '1 mail' : `${mails.length} mails`}`,
    );
  }

  #tell(at, who, text) {
    this.#stage.show(at, who, text);
  }
}

/**
 * Whether plain cron would have sent a mail of the run, too. One that was refused is asked itself, by a second run; and that
 * something is over nobody says who has told it every time.
 */
function isPlainToo({ kind, subject, text }) {
  if (kind !== 'job' || subject.includes(`exit code ${REFUSED}`)) return false;
  const [said] = text.split(/^Command: /m);
  return said.split('\n').some((line) => line.trim() !== '' && !line.endsWith(' is over.'));
}

/** What came of a run, from its exit code and its log. */
function cameOf({ exit, log }) {
  const [, commits] = /update: (.*)/.exec(log) ?? [];
  const [, failure] = /: (\w+ (?:failed|died|was ended).*)/.exec(log) ?? [];
  switch (exit) {
    case 0:
      return log === '' ? 'nothing new to build' : `built and tested (${commits})`;
    case 1:
      return `${failure} (${commits})`;
    default:
      return `ended (exit code ${exit})`;
  }
}
