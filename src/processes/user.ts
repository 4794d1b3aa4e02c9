import { readFileSync, statSync } from 'node:fs';

/** The user of a process, by name where /etc/passwd has one. Undefined when it has ended. */
export function userOf(pid: number): string | undefined {
  const stat = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  return stat === undefined ? undefined : nameOf(stat.uid);
}

let names: ReadonlyMap<string, string> | undefined;

function nameOf(uid: number): string {
  names ??= readNames();
  return names.get(String(uid)) ?? `user ${uid}`;
}

function readNames(): ReadonlyMap<string, string> {
  try {
    const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
    return new Map(entries.map((entry) => entry.split(':')).map(([name = '', , uid = '']) => [uid, name]));
  } catch {
    return new Map();
  }
}
