import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { packInitramfs } from './initramfs.js';
import type { Requirements } from './requirements.js';

/** What the guest is told to do: a line of JSON. */
export interface Order {
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs: number;
}

/** How that ended: a line of JSON. */
export interface Outcome {
  /** Undefined when it could not be started, or died of a signal. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the project, the text of the guest and its bundled programs are; the guest finds them under the same paths. */
export const PROJECT = resolve('.');
const GUEST = resolve('test/filesystems/guest');
export const BUILT = resolve('test/filesystems/built/guest');

/** Two processors make races; that they are emulated makes them slower and therefore longer. */
const MACHINE = ['-smp', '2', '-m', '2560', '-no-reboot', '-nodefaults', '-display', 'none'];
/**
 * A hypervisor inside another one may accept a machine and never run it, so the kernel has to be heard soon. Emulated
 * it takes some ten seconds until then.
 */
const ACCELERATORS = [
  { name: 'kvm', options: ['-accel', 'kvm', '-cpu', 'host'], firstSignMs: 8000 },
  { name: 'tcg', options: ['-accel', 'tcg,thread=multi', '-cpu', 'max'], firstSignMs: 120_000 },
];
const FIRST_SIGN = 'laboratory: the kernel runs';
/** From there until the file systems are mounted, emulated on a busy machine. */
const READY_MS = 240_000;

/**
 * A booted guest: this machine's own root file system, read-only below a layer in memory, with real file systems
 * mounted and served by its own kernel, and two hosts to use them from. See `guest/boot` for what is where.
 */
export class Machine {
  readonly accelerator: string;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #lines: AsyncIterator<string>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(accelerator: string, child: ChildProcess, directory: string, lines: AsyncIterator<string>) {
    this.accelerator = accelerator;
    this.#child = child;
    this.#directory = directory;
    this.#lines = lines;
  }

  /** Boots a guest that carries out orders. Takes about half a minute where it is emulated. */
  static async boot(requirements: Requirements): Promise<Machine> {
    const directory = mkdtempSync(join(tmpdir(), 'stagelock-laboratory-'));
    const consoleFile = join(directory, 'console');
    try {
      for (const { name, options, firstSignMs } of ACCELERATORS) {
        const serial = ['-serial', `file:${consoleFile}`, '-serial', 'stdio'];
        const child = start(requirements, directory, [...options, ...serial], { LABORATORY_MODE: 'agent' });
        const { stdout } = child;
        if (stdout === null) throw new Error('no standard output');
        const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
        if (!(await speaks(child, consoleFile, firstSignMs))) {
          await kill(child);
          continue;
        }
        const machine = new Machine(name, child, directory, lines);
        const first = await Promise.race([machine.#answer(), sleep(READY_MS, undefined, { ref: false })]);
        if (first === 'ready') return machine;
        await kill(child);
        const why = typeof first === 'string' ? first : 'the guest did not get ready';
        throw new Error(`${why}; its console says:\n${tail(consoleFile)}`);
      }
      throw new Error(`QEMU does not run the kernel; its console says:\n${tail(consoleFile)}`);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs a command in the guest, as root, in the project's directory; one after the other. */
  run(argv: Order['argv'], timeoutMs: number): Promise<Outcome> {
    const outcome = this.#turn.then(async () => {
      this.#child.stdin?.write(`${JSON.stringify({ argv, timeoutMs } satisfies Order)}\n`);
      return (await this.#answer()) as Outcome;
    });
    this.#turn = outcome.catch(() => undefined);
    return outcome;
  }

  /** What the kernel and the services have said so far. */
  console(): string {
    return tail(join(this.#directory, 'console'));
  }

  /** Pulls the plug: nothing of the guest outlives it. */
  async stop(): Promise<void> {
    await kill(this.#child);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #answer(): Promise<unknown> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error(`the guest has ended; its console says:\n${this.console()}`);
      // The firmware writes there, too, before our line is anybody's.
      if (/^["{]/.test(value)) return JSON.parse(value);
    }
  }
}

/** Boots a guest with a shell on this terminal, until the shell ends. */
export async function bootShell(requirements: Requirements): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-laboratory-'));
  try {
    const options = ACCELERATORS.at(-1)?.options ?? [];
    const { columns = 80, rows = 24 } = process.stdout;
    const child = start(requirements, directory, [...options, '-serial', 'mon:stdio'], {
      LABORATORY_MODE: 'shell',
      TERM: process.env['TERM'] ?? 'dumb',
      COLUMNS: String(columns),
      LINES: String(rows),
    });
    await once(child, 'exit');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function start(
  requirements: Requirements,
  directory: string,
  options: readonly string[],
  parameters: Readonly<Record<string, string>> & { readonly LABORATORY_MODE: 'agent' | 'shell' },
): ChildProcess {
  const initramfs = packInitramfs(directory, requirements, join(GUEST, 'init'), {
    PROJECT,
    NODE: process.execPath,
    LABORATORY: GUEST,
    LABORATORY_BUILT: BUILT,
    ...parameters,
  });
  const interactive = parameters.LABORATORY_MODE === 'shell';
  const kernel = ['-kernel', requirements.kernel, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1'];
  const root = '-virtfs';
  const share = 'local,path=/,mount_tag=machine,security_model=none,readonly=on,multidevs=remap';
  return spawn(requirements.qemu, [...MACHINE, ...options, ...kernel, root, share], {
    stdio: interactive ? 'inherit' : ['pipe', 'pipe', 'ignore'],
  });
}

async function speaks(child: ChildProcess, consoleFile: string, patienceMs: number): Promise<boolean> {
  for (let waited = 0; waited < patienceMs; waited += 100) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (tail(consoleFile).includes(FIRST_SIGN)) return true;
    await sleep(100);
  }
  return false;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r', '').slice(-4000);
  } catch {
    return '';
  }
}
