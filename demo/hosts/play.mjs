// What happens to the three hosts: a few ordinary changes, then one host loses its power in the middle of a build, then the cable of another one
// is out for longer than its lease.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Cron } from './cron.mjs';
import { within } from './machine.mjs';
import { eventsOf, lastBuilt } from './witness.mjs';
import { BUILDS, bootAgain, followersOf, keysOf, LEASE, PRIMARY, push, stagelock } from './world.mjs';

/** How long a step may take, in seconds: a lease, another one where etcd chooses a new leader, and some builds. */
const PATIENCE = 50;
/** How long the cable stays out after the locks were cleared, in seconds. */
const STILL_OUT = 2;

export class Play {
  #world;
  #show;
  #cron;
  #shown = 0;
  /** Why the last run of each build was refused; empty for one that was not. */
  #said = new Map();
  #newest = 1;
  /** What each host sees of the directories, {name, seen}. */
  views = [];
  /** What became of the host that was killed, and of the one that was cut off. */
  death;
  cut;

  /** @param show called with who does what */
  constructor(world, clock, show) {
    this.#world = world;
    this.#show = show;
    this.#cron = new Cron(world, clock, (run) => this.#ended(run));
  }

  get runs() {
    return this.#cron.runs;
  }

  get newest() {
    return this.#newest;
  }

  async perform() {
    this.#show('all', 'are up, with three members of etcd, and have cloned the repository');
    for (const machine of this.#world.machines) {
      const seen = await machine.must('sh', ['-c', 'cat name; ls -d hosts 2>/dev/null || true']);
      this.views.push({ name: machine.name, seen: seen.trim() });
    }
    await this.#cron.runOnce(PRIMARY);
    this.#cron.begin();
    await this.#until('the first build of all', () => this.#allAt(1));
    await this.#ordinaryChanges();
    await this.#power();
    await this.#cable();
    await this.#cron.end();
  }

  async #ordinaryChanges() {
    await this.#push();
    await setTimeout(1500);
    await this.#push();
    await this.#until('builds of all changes', () => this.#allAt(this.#newest));
  }

  /** cleo loses its power while its builds read their sources. */
  async #power() {
    const { anna, cleo, builds } = { ...this.#hosts(), builds: followersOf('cleo') };
    const { building, next } = await this.#during(cleo, builds);
    const refused = this.#refused(PRIMARY.build);
    await this.#until('a primary that is refused', () => this.#refused(PRIMARY.build).length > refused.length);
    const killedAt = Date.now();
    await cleo.powerOff();
    this.#show('cleo', 'loses its power: SIGKILL for all its processes, its member of etcd, too');
    const statuses = await this.#dead(anna, builds);
    const before = this.#built(PRIMARY.build);
    const locks = await this.#locksOf(anna, builds);
    const unlocked = await this.#unlock(anna, builds);
    const clearedAt = Date.now();
    await this.#until('an update of the primary', () => this.#built(PRIMARY.build) === String(next));
    rmSync(join(cleo.directory, 'slow'));
    bootAgain(this.#world, cleo);
    this.#show('cleo', 'is on again');
    await this.#until('builds of all changes', () => this.#allAt(this.#newest));
    const inTheWay = this.#refused(PRIMARY.build).filter(({ began, ended }) => began > killedAt && ended < clearedAt);
    this.death = { builds, building, next, killedAt, clearedAt, statuses, before, locks, unlocked, inTheWay };
  }

  /** The cable of ben is out, for longer than its lease. */
  async #cable() {
    const { anna, ben, builds } = { ...this.#hosts(), builds: followersOf('ben') };
    const { building, next } = await this.#during(ben, builds);
    const runs = builds.map((build) => eventsOf(this.#world).findLast((event) => event.build === build).run);
    await ben.plug(false);
    const outAt = Date.now();
    this.#show('ben', `its cable is out, for longer than its lease of ${LEASE} s`);
    const expired = this.#expiry(anna, runs);
    const ended = () => builds.map((build) => this.runs.find((run) => run.build === build && run.ended > outAt));
    await this.#until('the end of its runs', () => ended().every((run) => run !== undefined));
    rmSync(join(ben.directory, 'slow'));
    const expiredAt = await expired;
    const statuses = await this.#dead(anna, builds);
    const unlocked = await this.#unlock(anna, builds);
    const cleared = await keysOf(anna);
    await this.#until('an update of the primary', () => this.#built(PRIMARY.build) === String(next));
    await setTimeout(STILL_OUT * 1000);
    await ben.plug(true);
    this.#show('ben', `its cable is in again, after ${Math.round((Date.now() - outAt) / 1000)} s`);
    await this.#until('builds of all changes', () => this.#allAt(this.#newest));
    const after = await keysOf(anna);
    this.cut = { builds, building, runs, outAt, ended: ended(), expiredAt, statuses, unlocked, cleared, after };
  }

  /** A change that the builds of a host are in the middle of, and the next one, which the primary cannot get yet. */
  async #during(machine, builds) {
    writeFileSync(join(machine.directory, 'slow'), '');
    const building = await this.#push();
    const reads = (build) => eventsOf(this.#world).findLast((event) => event.build === build);
    await this.#until(`builds on ${machine.name}`, () =>
      builds.every((build) => reads(build)?.how === 'reads' && reads(build).detail === String(building)),
    );
    const next = await this.#push();
    return { building, next };
  }

  /** Waits until another host says that all these builds are dead. @returns what it says of each */
  #dead(machine, builds) {
    const ask = async (build) => {
      let text = '';
      await this.#until(`the status of ${build}`, async () => {
        text = (await stagelock(machine, 'status', build)).stdout;
        return text.includes('left locks behind');
      });
      const [why = ''] = /has not renewed its lease in etcd for \d+ \w+/.exec(text) ?? [];
      this.#show(machine.name, `status ${build}: left locks behind, ${why}`);
      return { build, text, why };
    };
    return Promise.all(builds.map(ask));
  }

  #unlock(machine, builds) {
    const unlock = async (build) => {
      const result = { build, ...(await stagelock(machine, 'unlock', build, '--yes')) };
      this.#show(machine.name, `unlock ${build}: ${result.stdout.match(/^removed /gm)?.length ?? 0} locks removed`);
      return result;
    };
    return Promise.all(builds.map(unlock));
  }

  /** When the last sign of life of these runs has gone from etcd, as another host sees it. */
  async #expiry(machine, runs) {
    const isThere = ({ key }) => runs.some((run) => key === `alive/${run}`);
    await within('the end of the leases', async () => !(await keysOf(machine)).keys.some(isThere), PATIENCE);
    return Date.now();
  }

  async #locksOf(machine, builds) {
    const { keys } = await keysOf(machine);
    return keys.map(({ key }) => key).filter((key) => builds.some((build) => isLockOf(key, build)));
  }

  async #push() {
    this.#newest++;
    await push(this.#world, this.#newest);
    this.#show('developer', `pushed change ${this.#newest}`);
    return this.#newest;
  }

  #refused(build) {
    return this.runs.filter((run) => run.build === build && run.code === 75);
  }

  #built(build) {
    return lastBuilt(eventsOf(this.#world), build);
  }

  #allAt(number) {
    const events = eventsOf(this.#world);
    return BUILDS.every(({ build }) => lastBuilt(events, build) === String(number));
  }

  #hosts() {
    return Object.fromEntries(this.#world.machines.map((machine) => [machine.name, machine]));
  }

  #until(what, holds) {
    const look = async () => {
      this.#showBuilt();
      return await holds();
    };
    return within(what, look, PATIENCE);
  }

  #showBuilt() {
    const built = eventsOf(this.#world).filter(({ what, how }) => what === 'build' && how === 'ends');
    for (const { build, detail } of built.slice(this.#shown)) this.#show(build, `built change ${detail}`);
    this.#shown = built.length;
  }

  /** Of several refusals for the same reason, the first one is shown. */
  #ended({ build, code, stderr }) {
    this.#showBuilt();
    // Neither a refusal nor a power cut: the demo has nothing more to show.
    if (typeof code === 'number' && ![0, 75].includes(code) && code < 128)
      throw new Error(`${build}: ${code}\n${stderr}`);
    const [first] = code === 0 ? [''] : stderr.split('\n');
    if (first !== '' && this.#said.get(build) !== first) {
      this.#show(build, first.replace(`stagelock: ${build}: `, '').replaceAll(`${this.#world.root}/`, ''));
    }
    this.#said.set(build, first);
  }
}

/** Whether a key is that of a lock of a build, or of its mark. */
export function isLockOf(key, build) {
  return key.startsWith(`locks/${build}/`) || key === `locks/${PRIMARY.build}/running.${build}`;
}
