// A host of the demo: a network, a name, a boot id and a directory of its own, in namespaces of this machine.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const call = promisify(execFile);
/** What nothing of the demo needs this long for, in seconds. */
const PATIENCE = 20;

/** Makes the switch that all cables go into. */
export async function makeSwitch() {
  await call('ip', ['link', 'add', 'switch', 'type', 'bridge']);
  await call('ip', ['link', 'set', 'switch', 'up']);
}

export class Machine {
  name;
  address;
  /** Its directory, as the demo sees it; the host itself sees it at the root of the demo. */
  directory;
  #root;
  #environment;
  /** The first process of its namespaces, and its parent, which is in some of them: both stay while the host is off. */
  #first;
  #parent;
  #network;
  #isUp = false;

  /** @param environment of all that runs there */
  constructor(root, name, address, environment) {
    this.name = name;
    this.address = address;
    this.directory = join(root, 'hosts', name);
    this.#root = root;
    this.#environment = environment;
    mkdirSync(this.directory, { recursive: true });
  }

  get isUp() {
    return this.#isUp;
  }

  /** Makes the namespaces, and puts the cable in. */
  async build() {
    writeFileSync(join(this.directory, 'boot-id'), `${randomUUID()}\n`);
    const namespaces = ['--net', '--mount', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const host = [join(here, 'host'), this.name, this.address, this.#root];
    const unshare = spawn('unshare', [...namespaces, '--propagation', 'private', '--', ...host], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: this.#environment,
    });
    this.#parent = unshare.pid;
    await within(`the namespaces of ${this.name}`, () => {
      this.#first = Number(textOf(`/proc/${unshare.pid}/task/${unshare.pid}/children`)) || undefined;
      return this.#first !== undefined;
    });
    this.#network = networkOf(this.#first);
    const cable = ['link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.#first)];
    await call('ip', cable);
    await call('ip', ['link', 'set', this.#cable, 'master', 'switch']);
    await this.plug(true);
    await within(`the boot of ${this.name}`, () => existsSync(join(this.directory, 'up')));
    this.#isUp = true;
  }

  get #cable() {
    return `to-${this.name}`;
  }

  /** Whether its cable is in. */
  async plug(into) {
    await call('ip', ['link', 'set', this.#cable, into ? 'up' : 'down']);
  }

  /** Power off: every process of it gets SIGKILL, and none can say goodbye. */
  async powerOff() {
    this.#isUp = false;
    for (let pids = this.#processes(); pids.length > 0; pids = this.#processes()) {
      for (const pid of pids) killed(pid);
      await setTimeout(10);
    }
  }

  /** Another boot, of which nothing runs yet. */
  powerOn() {
    writeFileSync(join(this.directory, 'boot-id'), `${randomUUID()}\n`); // the file that is mounted, so not another one
    this.#isUp = true;
  }

  /** What lives in its network. */
  #processes() {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const stay = [this.#first, this.#parent];
    return pids.map(Number).filter((pid) => !stay.includes(pid) && networkOf(pid) === this.#network);
  }

  /** Starts something there that runs until the host is killed. */
  serve(file, args) {
    const log = (text) => appendFileSync(join(this.directory, 'services.log'), text);
    const child = this.#spawn(file, args);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', log);
    return child;
  }

  /** Runs a command there to its end. @returns {Promise<{code, stdout, stderr}>} `code` is a signal where one ended it */
  run(file, args, input) {
    const child = this.#spawn(file, args);
    const result = { code: undefined, stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        result[name] += text;
      });
    }
    child.stdin.on('error', () => undefined).end(input);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(Object.assign(result, { code: code ?? signal })));
    });
  }

  /** The same, of a command that has to succeed. @returns what it prints */
  async must(file, args, input) {
    const { code, stdout, stderr } = await this.run(file, args, input);
    if (code !== 0) throw new Error(`${file} ${args.join(' ')} on ${this.name} ended with ${code}: ${stderr}`);
    return stdout;
  }

  #spawn(file, args) {
    const enter = ['--target', String(this.#first), '--net', '--mount', '--uts', '--pid', '--'];
    // The directory of the caller is that of the other mount namespace.
    return spawn('nsenter', [...enter, 'sh', '-c', 'cd "$0" && exec "$@"', this.#root, file, ...args], {
      cwd: '/',
      env: this.#environment,
    });
  }
}

function networkOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined; // it has ended
  }
}

function killed(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** @param {() => boolean | Promise<boolean>} holds asked again and again */
export async function within(what, holds, seconds = PATIENCE) {
  for (const end = performance.now() + seconds * 1000; !(await holds()); await setTimeout(50)) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${seconds} s`);
  }
}

/** What a file has; empty where it is not there. */
export function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
