import { spawn } from 'node:child_process';

/** The variables by which systemd tells a service of itself; nothing that a service starts should have them. */
const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

/**
 * Reports the state of a service of `Type=notify` to systemd (sd_notify(3)). Node has no datagram sockets of the local kind, so that
 * systemd-notify(1) does it, for which the unit needs `NotifyAccess=all`. Does nothing where the service manager has not asked for it.
 */
export class ServiceManager {
  readonly #environment: NodeJS.ProcessEnv;
  #notified: Promise<void> = Promise.resolve();

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** How often it wants a sign of life, in milliseconds; undefined when it does not. */
  get watchdogMs(): number | undefined {
    const { WATCHDOG_USEC: limit, NOTIFY_SOCKET: socket, WATCHDOG_PID: pid } = this.#environment;
    const isForUs = pid === undefined || Number(pid) === process.pid;
    return socket !== undefined && isForUs && /^[1-9]\d*$/.test(limit ?? '') ? Number(limit) / 1000 : undefined;
  }

  /**
   * One message after the other: READY=1 before RELOADING=1 would say that it never gets ready.
   *
   * @param states such as `READY=1` or `STATUS=...`
   * @returns when it has been reported
   */
  notify(...states: readonly string[]): Promise<void> {
    if (this.#environment['NOTIFY_SOCKET'] === undefined) return this.#notified;
    this.#notified = this.#notified.then(
      () =>
        new Promise<void>((resolve) => {
          const notifier = spawn('systemd-notify', [...states], { stdio: 'ignore', env: this.#environment });
          notifier.once('error', () => resolve()); // not installed: then there is no systemd, either
          notifier.once('exit', () => resolve());
        }),
    );
    return this.#notified;
  }
}

/** An environment for what a service starts. */
export function withoutServiceManager(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !VARIABLES.includes(name)));
}
