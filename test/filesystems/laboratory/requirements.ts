import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What of this machine the laboratory is made of. */
export interface Requirements {
  readonly kernel: string;
  /** As in the name of its directory of modules. */
  readonly kernelVersion: string;
  readonly qemu: string;
  /** Statically linked, because the guest starts before it has any library. */
  readonly busybox: string;
}

export type Found =
  | { readonly kind: 'found'; readonly requirements: Requirements }
  /** What is not here, for the name of a skipped test. */
  | { readonly kind: 'missing'; readonly what: readonly string[] };

/** Programs that the guest, whose root is this machine's, starts to make and serve its file systems. */
const GUEST_PROGRAMS = [
  'bash',
  'modprobe',
  'ip',
  'mkfs.ext4',
  'mkfs.xfs',
  'mkfs.btrfs',
  'rpcbind',
  'rpc.mountd',
  'rpc.nfsd',
  'exportfs',
  'mount.nfs',
  'smbd',
  'mount.cifs',
  'nsenter',
  'unshare',
  'flock',
  'git',
];

/** Looks for everything the laboratory needs. */
export function findRequirements(): Found {
  const missing: string[] = [];
  const need = <T>(name: string, found: T | undefined): T | undefined => {
    if (found === undefined) missing.push(name);
    return found;
  };
  if (process.platform !== 'linux' || process.arch !== 'x64') missing.push('Linux on x86-64');
  const qemu = need('qemu-system-x86_64', findProgram('qemu-system-x86_64'));
  const kernelVersion = need('a kernel with its modules', newestKernel());
  const busybox = need('busybox (static)', findStaticBusybox());
  for (const program of GUEST_PROGRAMS) need(program, findProgram(program));
  if (missing.length > 0 || qemu === undefined || kernelVersion === undefined || busybox === undefined) {
    return { kind: 'missing', what: missing };
  }
  return { kind: 'found', requirements: { kernel: `/boot/vmlinuz-${kernelVersion}`, kernelVersion, qemu, busybox } };
}

function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.map((directory) => join(directory, name)).find((path) => can(path, constants.X_OK));
}

function newestKernel(): string | undefined {
  const versions = existsSync('/boot')
    ? readdirSync('/boot').flatMap((name) => (name.startsWith('vmlinuz-') ? [name.slice('vmlinuz-'.length)] : []))
    : [];
  return versions
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .findLast(
      (version) => can(`/boot/vmlinuz-${version}`, constants.R_OK) && existsSync(`/lib/modules/${version}/modules.dep`),
    );
}

function findStaticBusybox(): string | undefined {
  const path = findProgram('busybox');
  // A dynamic one names the loader that it wants.
  return path === undefined || readFileSync(path).includes('/ld-linux') ? undefined : path;
}

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
