import { type ChildProcess, spawn } from 'node:child_process';
import type { CommandSubscriber } from '../config/project.js';
import { pause } from '../host/pause.js';
import { printable } from '../http/printable.js';
import { endGroup } from '../processes/group.js';
import { recordText } from '../records/schema.js';
import { withoutSecrets } from '../secrets/environment.js';
import { type BuildEvent, EVENT } from './event.js';
import type { Sender, Sent } from './sender.js';

const MOST_CHUNKS = 4;
/** Between TERM and KILL. */
const GRACE_MS = 1000;

/** How a command ended. */
type End =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly why: string }
  | { readonly kind: 'hanging' }
  | { readonly kind: 'aborted' };

/** Runs a program of this machine for each event, which it gets as JSON on standard input. */
export class CommandSender implements Sender {
  readonly #subscriber: CommandSubscriber;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(subscriber: CommandSubscriber, environment: NodeJS.ProcessEnv) {
    this.#subscriber = subscriber;
    this.#environment = withoutSecrets(environment, subscriber.secretVariables);
  }

  async send(event: BuildEvent, signal: AbortSignal): Promise<Sent> {
    if (signal.aborted) return { kind: 'aborted' };
    const { argv, directory, timeoutMs } = this.#subscriber;
    const [program, ...words] = argv;
    const child = spawn(program, words, {
      cwd: directory,
      env: this.#environment,
      stdio: ['pipe', 'ignore', 'pipe'],
      // A group of its own, so that what a hanging script has started ends with it.
      detached: true,
    });
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < MOST_CHUNKS) said.push(chunk);
    });
    // It need not read what it does not want to know; its exit code says more than EPIPE.
    child.stdin.on('error', () => undefined);
    child.stdin.end(recordText(EVENT, event));
    const ended = new AbortController();
    const end = await Promise.race([
      endOf(child),
      pause(timeoutMs, AbortSignal.any([signal, ended.signal])).then((): End => {
        return signal.aborted ? { kind: 'aborted' } : { kind: 'hanging' };
      }),
    ]);
    ended.abort();
    if ((end.kind === 'hanging' || end.kind === 'aborted') && child.pid !== undefined) {
      await endGroup(child.pid, GRACE_MS);
    }
    child.stderr.destroy();
    return judge(end, Buffer.concat(said).toString('utf8'), timeoutMs);
  }

  async close(): Promise<void> {
    // Nothing is kept between two events.
  }
}

/** Its exit, not the end of its pipes: what it has left running in the background may hold those. */
function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not-started', why: error.message }));
    child.once('exit', (code, signal) =>
      // What it has written may come after the news of its exit.
      setImmediate(() =>
        resolve(code === null ? { kind: 'signalled', signal: signal ?? 'a signal' } : { kind: 'exited', code }),
      ),
    );
  });
}

function judge(end: End, said: string, timeoutMs: number): Sent {
  const line = printable(said).trim();
  const words = line === '' ? '' : `: ${line}`;
  switch (end.kind) {
    case 'exited':
      if (end.code === 0) return { kind: 'delivered', answer: `exit code 0${words}` };
      return { kind: 'unavailable', why: `exit code ${end.code}${words}` };
    case 'signalled':
      return { kind: 'unavailable', why: `ended by ${end.signal}${words}` };
    case 'not-started':
      return { kind: 'unavailable', why: printable(end.why), lasting: true };
    case 'hanging':
      return { kind: 'unavailable', why: `did not end within ${timeoutMs / 1000} s${words}`, lasting: true };
    case 'aborted':
      return end;
  }
}
