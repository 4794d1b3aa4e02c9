import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RunResult, RunStep } from '../../src/index.js';

const SCRIPT = fileURLToPath(new URL('run-worker.mjs', import.meta.url));

/** What became of a run in another process. */
export type WorkerEnd =
  | { readonly kind: 'ended'; readonly result: RunResult }
  | { readonly kind: 'threw'; readonly error: string; readonly code: string | undefined }
  | { readonly kind: 'died' };

export interface RunOrder {
  readonly build: string;
  readonly killAt?: { readonly step: RunStep; readonly occurrence: number };
}

/** A process that runs builds. It is started anew after it was killed. */
export class Worker {
  readonly #arguments: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;

  constructor(configFile: string, eventFile: string, environment: NodeJS.ProcessEnv = process.env) {
    this.#arguments = [configFile, eventFile];
    this.#environment = environment;
  }

  async run(order: RunOrder): Promise<WorkerEnd> {
    const child = await this.#started();
    return new Promise((resolve) => {
      const settle = (end: WorkerEnd): void => {
        child.removeAllListeners('message');
        child.removeAllListeners('exit');
        resolve(end);
      };
      child.once('message', (message: { result?: RunResult; error?: string; code?: string }) => {
        if (message.result !== undefined) settle({ kind: 'ended', result: message.result });
        else settle({ kind: 'threw', error: message.error ?? '', code: message.code });
      });
      child.once('exit', () => {
        this.#process = undefined;
        settle({ kind: 'died' });
      });
      child.send(order);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  async #started(): Promise<ChildProcess> {
    if (this.#process !== undefined) return this.#process;
    const child = fork(SCRIPT, this.#arguments, {
      env: this.#environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process = child;
    await once(child, 'message');
    return child;
  }
}
