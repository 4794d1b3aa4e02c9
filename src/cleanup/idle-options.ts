/*
 * Options of compiletools' ct-cleanup-locks that are accepted and have no effect: they say how a build waits and where it puts what is no
 * object, which a clean-up does not care for.
 */

const WITH_VALUE = [
  'lock-warn-interval',
  'sleep-interval-lockdir',
  'sleep-interval-cifs',
  'sleep-interval-flock-fallback',
  'bindir',
  'cas-pchdir',
  'cas-pcmdir',
  'cas-exedir',
  'variant-canonical-order',
];
/** Also with `no-`. */
const SWITCHES = ['file-locking', 'use-mtime', 'force-flat-exe-layout', 'allow-fake-git'];
/** What may follow a switch as its value. */
const YES_OR_NO = /^(?:true|false|yes|no|on|off|y|n|t|f|0|1)$/i;

/** The command line without them. An option that lacks its value stays, to be reported. */
export function withoutIdleOptions(args: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const [, name = '', assigned] = /^--([a-z-]+)(=.*)?$/s.exec(word) ?? [];
    if (WITH_VALUE.includes(name) && (assigned !== undefined || args[at + 1] !== undefined)) {
      if (assigned === undefined) at++;
    } else if (SWITCHES.includes(name.replace(/^no-/, ''))) {
      if (assigned === undefined && YES_OR_NO.test(args[at + 1] ?? '')) at++;
    } else {
      kept.push(word);
    }
  }
  return kept;
}
