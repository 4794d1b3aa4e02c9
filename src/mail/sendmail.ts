import { type ChildProcess, spawn } from 'node:child_process';
import type { SendmailTransport } from '../config/project.js';
import { pause } from '../host/pause.js';
import { endGroup } from '../processes/group.js';
import { withoutSecrets } from '../secrets/environment.js';
import type { Letter } from './letter.js';
import { alphabetOf, envelopeAddress, messageOf } from './message.js';
import { oneLine } from './one-line.js';
import type { Limits, Outcome, Sent, Stop, Transport } from './transport.js';

/** How a sendmail ended. */
type End =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly why: string }
  /** It ended well, and had not read all of the mail. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'hanging' }
  | { readonly kind: 'aborted' };

/** Hands mails to a sendmail of this machine, or to what stands in its place: Postfix, Exim, msmtp, a script. */
export class Sendmail implements Transport {
  readonly #program: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #limits: Limits;

  constructor({ program, secretVariables }: SendmailTransport, environment: NodeJS.ProcessEnv, limits: Limits) {
    this.#program = program;
    this.#environment = withoutSecrets(environment, secretVariables);
    this.#limits = limits;
  }

  /**
   * One process for each recipient. There is only one exit code, and of several recipients it does not say which it is
   * about: msmtp sends the mail to none when one of them is refused, others send it to the rest.
   */
  async send(letter: Letter, recipients: readonly string[], signal: AbortSignal): Promise<Sent> {
    const outcomes = new Map<string, Outcome>();
    for (const recipient of recipients) {
      const message = await messageOf(letter, alphabetOf(recipient));
      const run = await this.#run(letter.from.address, recipient, message, signal);
      const judged = judge(run.end, run.said);
      if ('stop' in judged) return { outcomes, stopped: judged.stop };
      outcomes.set(recipient, judged);
    }
    return { outcomes };
  }

  async #run(
    from: string,
    recipient: string,
    message: Buffer,
    signal: AbortSignal,
  ): Promise<{ readonly end: End; readonly said: string }> {
    if (signal.aborted) return { end: { kind: 'aborted' }, said: '' };
    // -i: a line with a single dot does not end the mail. After -- nothing is an option, whatever an address looks like.
    const child = spawn(this.#program, ['-i', '-f', envelopeAddress(from), '--', envelopeAddress(recipient)], {
      cwd: '/',
      env: this.#environment,
      stdio: ['pipe', 'ignore', 'pipe'],
      // A group of its own, so that what a hanging script has started ends with it.
      detached: true,
    });
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < MOST_CHUNKS) said.push(chunk);
    });
    const handedOver = handOver(child, message);
    const limit = new AbortController();
    const end = await Promise.race([
      endOf(child, handedOver),
      pause(this.#limits.programMs, AbortSignal.any([signal, limit.signal])).then((): End => {
        return signal.aborted ? { kind: 'aborted' } : { kind: 'hanging' };
      }),
    ]);
    limit.abort();
    if ((end.kind === 'hanging' || end.kind === 'aborted') && child.pid !== undefined) await endGroup(child.pid, 1000);
    child.stderr.destroy();
    return { end, said: Buffer.concat(said).toString() };
  }
}

const MOST_CHUNKS = 4;

/** @returns whether all of it went */
function handOver({ stdin }: ChildProcess, message: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    stdin?.once('finish', () => resolve(true));
    // It may end before it has read everything; its exit code says more than EPIPE.
    stdin?.on('error', () => resolve(false));
    // MIME ends lines by CRLF, programs read them with LF.
    stdin?.end(message.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  });
}

/** Its exit, not the end of its pipes: what it has left running in the background may hold those. */
function endOf(child: ChildProcess, handedOver: Promise<boolean>): Promise<End> {
  let isWhole = false;
  void handedOver.then((went) => {
    isWhole = went;
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not-started', why: error.message }));
    child.once('exit', async (code, signal) => {
      if (code === null) return resolve({ kind: 'signalled', signal: signal ?? 'a signal' });
      // That the last of it has gone may be heard of only after the exit.
      if (code === 0) await pause(1000, undefined, handedOver);
      resolve(code !== 0 || isWhole ? { kind: 'exited', code } : { kind: 'unread' });
    });
  });
}

/** The exit codes of sysexits.h that concern us; 126 and 127 are those of a shell script that finds no program. */
const EX_USAGE = 64;
const EX_NOUSER = 67;
const EX_NOPERM = 77;
const EX_CONFIG = 78;
const OF_THE_MACHINE: ReadonlySet<number> = new Set([EX_USAGE, EX_NOPERM, EX_CONFIG, 126, 127]);

/**
 * Only EX_NOUSER is taken for the recipient's fault. Of the others that mean a lasting error, EX_DATAERR is also what msmtp
 * says of a recipient that is put off, and EX_NOHOST what it says when its own server's name cannot be looked up: what is
 * retried for some days without success does less harm than a mail that is lost.
 */
function judge(end: End, said: string): Outcome | { readonly stop: Stop } {
  const words = said.trim() === '' ? '' : `: ${oneLine(said, 400)}`;
  switch (end.kind) {
    case 'exited': {
      if (end.code === 0) return { kind: 'delivered' };
      const why = `exit code ${end.code}${words}`;
      if (OF_THE_MACHINE.has(end.code)) return { stop: { kind: 'unavailable', why } };
      return { kind: end.code === EX_NOUSER ? 'permanent' : 'temporary', why };
    }
    case 'signalled':
      return { kind: 'temporary', why: `ended by ${end.signal}${words}` };
    case 'unread':
      return { kind: 'temporary', why: `ended without having read the mail${words}` };
    case 'not-started':
      return { stop: { kind: 'unavailable', why: end.why } };
    case 'hanging':
      return { stop: { kind: 'hanging', why: `did not end in time and was ended${words}` } };
    case 'aborted':
      return { stop: { kind: 'aborted' } };
  }
}
