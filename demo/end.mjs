/**
 * Fires when a demo is interrupted (INT, TERM, HUP) or takes too long.
 *
 * @param limit seconds
 * @param print tells the person who watches
 */
export function endOfDemo(limit, print) {
  const controller = new AbortController();
  let interruptedBy;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      interruptedBy ??= name;
      if (!controller.signal.aborted) print(`\n${name}: ending the runs ...`);
      controller.abort();
    });
  }
  const timer = setTimeout(() => {
    print(`\nNot done after ${limit} s: ending the runs ...`);
    controller.abort();
  }, limit * 1000);
  return { signal: controller.signal, interruptedBy: () => interruptedBy, forget: () => clearTimeout(timer) };
}
