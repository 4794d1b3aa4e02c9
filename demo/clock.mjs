import { setTimeout } from 'node:timers/promises';

/** Seconds since the demo began. */
export class Clock {
  #began = performance.now();
  #signal;

  /** @param signal ends every sleep, and is why the demo is over */
  constructor(signal) {
    this.#signal = signal;
  }

  get over() {
    return this.#signal.aborted;
  }

  now() {
    return (performance.now() - this.#began) / 1000;
  }

  async sleep(seconds) {
    await setTimeout(seconds * 1000, undefined, { signal: this.#signal }).catch(() => undefined);
  }

  /** Waits for the next tick of a crontab line that begins with `sleep OFFSET`; the first one is at the beginning. */
  nextTick(every, offset) {
    const justNow = this.now() - offset - 0.1;
    return this.sleep(Math.max(0, Math.ceil(justNow / every) * every + offset - this.now()));
  }
}
