import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.js';

const call = promisify(execFile);

/** For measurements of networks (RFC 2544), so no network that this machine is in. */
const RANGE = '198.18';

/** Whose packets do not come through, and how its sender gets to know it. */
export interface Cut {
  readonly from: Machine;
  readonly to: Machine;
  /** `blackhole`: not at all. `unreachable`: a router says so. */
  readonly how: 'blackhole' | 'unreachable';
}

function missing(): string | undefined {
  const probe = [
    'ip link set lo up',
    'ip rule add blackhole from 198.18.0.1',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
  ];
  const script = [...probe, 'mount -t tmpfs tmpfs /mnt'].join(' && ');
  const { status, stderr } = spawnSync('unshare', ['--net', '--mount', '--', 'sh', '-c', script], { encoding: 'utf8' });
  return status === 0 ? undefined : `no networks of our own here: ${(stderr ?? 'no unshare').trim().split('\n')[0]}`;
}

/** Why there can be no {@link Machines}; undefined where there can: that takes root. */
export const noMachines = missing();

/** A host with a network and mounts of its own, as long as this process lives. */
export class Machine {
  readonly name: string;
  readonly address: string;
  readonly #holder: Holder;

  constructor(name: string, address: string, holder: Holder) {
    this.name = name;
    this.address = address;
    this.#holder = holder;
  }

  /** What is put before a command that is to run in its network. */
  get within(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, '--'];
  }

  /** Likewise, with its mounts, too: a path of {@link mountDisk} is the disk there only. */
  get withinDisks(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, `--mount=/proc/${this.#holder.pid}/ns/mnt`, '--'];
  }

  /** Where a path of this machine is seen from outside. */
  seen(path: string): string {
    return join(`/proc/${this.#holder.pid}/root`, path);
  }

  /** @param megabytes of its size; it is gone with the machine */
  async mountDisk(path: string, megabytes: number): Promise<void> {
    const mount = ['mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path];
    await call('nsenter', [...this.withinDisks.slice(1), ...mount]);
  }
}

/**
 * Machines, each with one cable to a router that forwards between them and this host, and that drops what {@link cut} says. They end
 * with this process, however it ends.
 */
export class Machines {
  readonly #router: Holder;
  readonly #holders: Holder[] = [];
  readonly #machines = new Map<string, Machine>();
  readonly #subnet: number;

  static async start(names: readonly string[]): Promise<Machines> {
    const machines = new Machines(await Holder.start());
    try {
      await machines.#connectUs();
      for (const [index, name] of names.entries()) await machines.#add(name, index + 1);
    } catch (error) {
      await machines.stop();
      throw error;
    }
    return machines;
  }

  private constructor(router: Holder) {
    this.#router = router;
    // Up to fifteen machines of each of several processes.
    this.#subnet = (process.pid % 16) * 16;
  }

  get(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`no machine ${name}`);
    return machine;
  }

  async cut({ from, to, how }: Cut): Promise<void> {
    await this.#rule('add', { from, to, how });
  }

  async heal({ from, to, how }: Cut): Promise<void> {
    await this.#rule('del', { from, to, how });
  }

  async stop(): Promise<void> {
    // The kernel ends networks whose processes have ended when it comes to it: until then the name of the cable is taken.
    await call('ip', ['link', 'delete', this.#cable]).catch(() => undefined);
    await Promise.all([this.#router, ...this.#holders].map((holder) => holder.end()));
  }

  async #rule(act: 'add' | 'del', { from, to, how }: Cut): Promise<void> {
    await this.#router.enter('ip', ['rule', act, 'from', from.address, 'to', to.address, how]);
  }

  async #connectUs(): Promise<void> {
    await call('ip', [
      ...['link', 'add', this.#cable, 'type', 'veth'],
      ...['peer', 'name', 'us', 'netns', String(this.#router.pid)],
    ]);
    await call('ip', ['address', 'add', `${this.#address(0, 2)}/24`, 'dev', this.#cable]);
    await call('ip', ['link', 'set', this.#cable, 'up']);
    await this.#router.enter('sh', [
      '-c',
      `ip link set lo up && ip address add ${this.#address(0, 1)}/24 dev us && ip link set us up && echo 1 > /proc/sys/net/ipv4/ip_forward`,
    ]);
    await call('ip', ['route', 'add', `${RANGE}.${this.#subnet}.0/20`, 'via', this.#address(0, 1)]);
  }

  async #add(name: string, number: number): Promise<void> {
    const holder = await Holder.start();
    this.#holders.push(holder);
    const [router, own] = [this.#address(number, 1), this.#address(number, 2)];
    const end = `to${number}`;
    await this.#router.enter('ip', [
      ...['link', 'add', end, 'type', 'veth'],
      ...['peer', 'name', 'eth0', 'netns', String(holder.pid)],
    ]);
    await this.#router.enter('sh', ['-c', `ip address add ${router}/24 dev ${end} && ip link set ${end} up`]);
    await holder.enter('sh', [
      '-c',
      `ip link set lo up && ip address add ${own}/24 dev eth0 && ip link set eth0 up && ip route add default via ${router}`,
    ]);
    this.#machines.set(name, new Machine(name, own, holder));
  }

  get #cable(): string {
    return `torture${this.#subnet}`;
  }

  #address(machine: number, end: 1 | 2): string {
    return `${RANGE}.${this.#subnet + machine}.${end}`;
  }
}

/** A process that keeps namespaces alive: it ends with its standard input, so with this process. */
class Holder {
  readonly #child: ChildProcess;

  static async start(): Promise<Holder> {
    const child = spawn('unshare', ['--net', '--mount', '--', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
    const holder = new Holder(child);
    const ours = readlinkSync('/proc/self/ns/mnt');
    await until(
      () => 'the namespaces of a machine',
      () => readlinkSync(`/proc/${holder.pid}/ns/mnt`) !== ours,
    );
    return holder;
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async enter(program: string, args: readonly string[]): Promise<void> {
    await call('nsenter', [`--net=/proc/${this.pid}/ns/net`, '--', program, ...args]);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
