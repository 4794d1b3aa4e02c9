import { type ChildProcess, spawn } from 'node:child_process';
import type { Attempt } from './finding.js';
import type { Answer, TaskName, Tasks } from './task.js';

/** Longer than any task takes on a slow machine; a file server that does not answer is waited for no longer. */
const PATIENCE_MS = 90_000;

/** A process of its own that does tasks. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, (result: Attempt<object>) => void>();
  readonly #ended: Promise<void>;
  #next = 0;
  #hasEnded = false;

  /** @param command starts a process that calls {@link serve} */
  constructor([program, ...rest]: readonly [string, ...string[]]) {
    this.#child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', ({ id, result }: Answer) => this.#settle(id, result));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', resolve);
      this.#child.once('exit', resolve);
    }).then(() => {
      this.#hasEnded = true;
      for (const id of this.#pending.keys()) this.#settle(id, failed('the process that tested it has ended'));
    });
  }

  /** Never throws; a task that cannot be done is a failed attempt. */
  ask<Name extends TaskName>(name: Name, request: Tasks[Name]['request']): Promise<Attempt<Tasks[Name]['reply']>> {
    return new Promise((resolve) => {
      if (this.#hasEnded) {
        resolve(failed('the process that tests it has ended'));
        return;
      }
      const id = this.#next++;
      const timer = setTimeout(() => {
        // It sleeps in a call that no signal ends; whatever it is asked next would find it there.
        this.#child.kill('SIGKILL');
        this.#settle(id, failed(`the file system has not answered within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
      this.#pending.set(id, (result) => {
        clearTimeout(timer);
        resolve(result as Attempt<Tasks[Name]['reply']>);
      });
      this.#child.send({ id, name, request }, () => undefined);
    });
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #settle(id: number, result: Attempt<object>): void {
    this.#pending.get(id)?.(result);
    this.#pending.delete(id);
  }
}

function failed(why: string): Attempt<never> {
  return { kind: 'failed', code: undefined, why };
}
