/**
 * Ends after so many milliseconds, or when the signal fires, or when something wakes it; never throws.
 *
 * @param wake may stay pending for ever
 */
export function pause(ms: number, signal?: AbortSignal, wake?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
    wake?.then(end, end);
  });
}

/** Stops the whole thread for so long: only for what is rare, and cannot wait for others. */
export function pauseInPlace(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
