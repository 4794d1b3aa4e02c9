import { unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Coordination } from '../config/project.js';
import { EtcdError } from '../etcd/error.js';
import { errorCode } from '../host/error-code.js';
import { settingsFromEnvironment } from '../locks/index.js';
import { AGENT_PROTOCOL } from '../tables/compiles.js';
import { shown } from '../text/shown.js';
import { type AgentRequest, LONGEST_REQUEST, parseRequest } from './agent-request.js';
import { AgentSession } from './agent-session.js';
import { holdInEtcd } from './hold-in-etcd.js';
import type { Produced } from './production.js';

/** What the agent needs from outside. */
export interface AgentOptions {
  readonly socket: string;
  /** Ends after so long without a helper, in milliseconds. */
  readonly idleMs: number;
  /** Ends when it fires, after those that hold a lock have released it. */
  readonly stop: AbortSignal;
  /** Ends without waiting for them: they put nothing in place then. */
  readonly atOnce: AbortSignal;
  /** What all hosts call a target. Whatever is wrong it throws, and the helper finds out for itself. */
  readonly find: (request: AgentRequest) => Promise<{ readonly coordination: Coordination; readonly name: string }>;
}

/** So often one that waits is told that the agent is there. */
const BEAT_MS = 5000;

/**
 * Holds locks in etcd for the helpers of one user on this host, which need no Node and no configuration then.
 *
 * A helper has a lock as long as its connection is open; one that dies releases it. If the agent dies, the connection closes: the helper
 * puts nothing in place, and the lease runs out. The lines of the agent: `say TEXT`, `held`, `refused`, `yourself` (the TypeScript
 * helper does better), `good` or `gone` for `check`, `released` for `release`; `beat` means nothing.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #server: Server;
  readonly #sessions = new Map<string, AgentSession>();
  readonly #helpers = new Set<Promise<void>>();
  readonly #sockets = new Set<Socket>();
  #idle: NodeJS.Timeout | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Serves until it has nothing to do, or is to stop. To be called while no other agent uses the socket. @throws the system's error */
  async serve(): Promise<void> {
    const { socket, stop, atOnce } = this.#options;
    // Of one that was killed: the caller has made sure that none listens there.
    remove(socket);
    await new Promise<void>((done, fail) => {
      this.#server.once('error', fail);
      this.#server.listen(socket, done);
    });
    const closed = new Promise<void>((done) => this.#server.once('close', done));
    const end = (): void => void this.#server.close();
    const cut = (): void => {
      for (const each of this.#sockets) each.destroy();
    };
    stop.addEventListener('abort', end, { once: true });
    atOnce.addEventListener('abort', cut, { once: true });
    if (stop.aborted) end();
    this.#watchIdle();
    await closed;
    clearTimeout(this.#idle);
    await Promise.all(this.#helpers);
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  #watchIdle(): void {
    clearTimeout(this.#idle);
    if (this.#helpers.size === 0) this.#idle = setTimeout(() => void this.#server.close(), this.#options.idleMs);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const serving = this.#attend(new Helper(socket))
      .catch(() => undefined)
      .finally(() => {
        socket.destroySoon();
        this.#helpers.delete(serving);
        this.#watchIdle();
      });
    this.#helpers.add(serving);
    this.#watchIdle();
  }

  async #attend(helper: Helper): Promise<void> {
    const request = await helper.request();
    if (request?.protocol !== AGENT_PROTOCOL) return helper.send('yourself');
    let found: Awaited<ReturnType<AgentOptions['find']>>;
    try {
      found = await this.#options.find(request);
    } catch {
      return helper.send('yourself');
    }
    const { settings, warnings } = settingsFromEnvironment(request.environment, 'lockdir');
    const say = (text: string): void => helper.send(`say ${shown(text, Number.POSITIVE_INFINITY)}`);
    for (const warning of warnings) say(warning);
    const log = request.environment['CT_LOCK_LOG'] ?? '';
    const beat = setInterval(() => helper.send('beat'), BEAT_MS);
    try {
      const session = this.#sessionOf(found.coordination);
      const hold = holdInEtcd({
        ...found,
        target: request.target,
        command: [request.command],
        stop: helper.gone,
        warnMs: settings.warnMs,
        overdueMs: settings.overdueMs,
        log: log === '' ? undefined : resolve(request.directory, log),
        onWarning: say,
        agent: { connect: () => session.connect(), pid: request.pid },
      });
      let isHeld = false;
      const production = await hold(async ({ mayPublish }) => {
        isHeld = true;
        helper.send('held');
        return helper.work(mayPublish);
      });
      if (production.kind === 'unprotected') helper.send(isHeld ? 'gone' : 'refused');
      else helper.send('released');
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      helper.send('yourself');
    } finally {
      clearInterval(beat);
    }
  }

  /** Equal settings, one session: also of several projects of one prefix, and of a configuration that was written anew. */
  #sessionOf(coordination: Coordination): AgentSession {
    const key = JSON.stringify(coordination);
    const session = this.#sessions.get(key) ?? new AgentSession(coordination);
    this.#sessions.set(key, session);
    return session;
  }
}

/** The other end of a connection. */
class Helper {
  readonly #socket: Socket;
  readonly #gone = new AbortController();
  #received = '';
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#received += text;
      if (this.#received.length > LONGEST_REQUEST) socket.destroy();
      this.#wake();
    });
    socket.on('error', () => undefined);
    const gone = (): void => {
      this.#gone.abort();
      this.#wake();
    };
    socket.once('end', gone);
    socket.once('close', gone);
  }

  /** Fires when the helper has ended, or the connection was closed. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  async request(): Promise<AgentRequest | undefined> {
    return parseRequest((await this.#until('\0\0')) ?? '');
  }

  send(line: string): void {
    if (!this.#socket.destroyed) this.#socket.write(`${line}\n`);
  }

  /** What becomes of the product at the other end. */
  async work(mayPublish: (() => Promise<boolean>) | undefined): Promise<Produced> {
    for (;;) {
      const line = await this.#until('\n');
      if (line === 'release') return { kind: 'published' };
      if (line !== 'check') return { kind: 'interrupted' };
      if (mayPublish !== undefined && !(await mayPublish())) return { kind: 'unprotected' };
      this.send('good');
    }
  }

  /** What comes before an end; undefined when the helper is gone. */
  async #until(end: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#received.indexOf(end);
      if (at >= 0) {
        const text = this.#received.slice(0, at);
        this.#received = this.#received.slice(at + end.length);
        return text;
      }
      if (this.#gone.signal.aborted) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
