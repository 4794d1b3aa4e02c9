/** What a host says of the process that a lock of it names. */
export type RemoteFate =
  | { readonly kind: 'absent' }
  /** `elapsedS`: how long it has been running, in seconds; undefined where the host cannot tell. */
  | { readonly kind: 'running'; readonly elapsedS: number | undefined };

/** What asking a host has brought. */
export type RemoteAnswer =
  | { readonly kind: 'answered'; readonly fates: ReadonlyMap<number, RemoteFate> }
  /** Half a sentence for a message. */
  | { readonly kind: 'no-answer'; readonly why: string };

/**
 * Whether a host name from an owner record may be handed to ssh(1). Any user who may write to the directory may have written
 * it, so it must be a name and nothing else: no option, no user, no address, no shell.
 */
export function isHostName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*$/i.test(name);
}

/** The inode number of the first PID namespace, a constant of the kernel (PROC_PID_INIT_INO). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/**
 * What /bin/sh on the other host reads from its standard input; only numbers of ours are in it. kill(1) fails for the process
 * of another user, too, so the message counts, in English. `ps` may not know etimes.
 */
export function remoteScript(pids: readonly number[]): string {
  return [
    'LC_ALL=C; export LC_ALL',
    'echo "host $(uname -n)"',
    'echo "system $(uname -s) $(readlink /proc/self/ns/pid 2>/dev/null)"',
    `for p in ${pids.join(' ')}; do`,
    '  if said=$(kill -0 $p 2>&1); then fate=running; else',
    '    case $said in *"o such process"*) fate=absent ;; *) fate=running ;; esac',
    '  fi',
    '  elapsed=; if [ $fate = running ]; then elapsed=$(ps -o etimes= -p $p 2>/dev/null); fi',
    '  echo "process $p $fate $elapsed"',
    'done',
    'echo end',
    '',
  ].join('\n');
}

/** Makes sense of what {@link remoteScript} has written. What is not understood is no answer. */
export function parseRemote(host: string, text: string): RemoteAnswer {
  // What a login prints before (a banner in .bashrc) is none of ours.
  const lines = text.slice(Math.max(0, text.indexOf(`host ${host}\n`))).split('\n');
  const noAnswer = (why: string): RemoteAnswer => ({ kind: 'no-answer', why });
  if (lines[0] !== `host ${host}`) {
    const other = /^host (\S+)$/m.exec(text)?.[1];
    return noAnswer(
      other === undefined ? 'its answer cannot be parsed' : `the host that answers calls itself ${other}`,
    );
  }
  const [, system, namespace] = /^system (\S+)(?: (\S+))?/.exec(lines[1] ?? '') ?? [];
  if (system === 'Linux' && namespace !== FIRST_PID_NAMESPACE) {
    return noAnswer('the host that answers is in another PID namespace (a container)');
  }
  if (system === undefined || !lines.includes('end')) return noAnswer('its answer broke off');
  const fates = new Map<number, RemoteFate>();
  for (const line of lines) {
    const [, pid, fate, elapsed] = /^process (\d+) (absent|running)(?: +(\d+))? *$/.exec(line) ?? [];
    if (pid === undefined) continue;
    const elapsedS = elapsed === undefined ? undefined : Number(elapsed);
    fates.set(Number(pid), fate === 'absent' ? { kind: 'absent' } : { kind: 'running', elapsedS });
  }
  return { kind: 'answered', fates };
}
