import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Requirements } from './requirements.js';

/** What the guest needs before it can mount this machine's root: a file server's client and an overlay. */
const FIRST_MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

/** Empty directories of the initramfs: mount points, mostly. */
const DIRECTORIES = ['bin', 'modules', 'proc', 'dev', 'host', 'upper', 'root'];

/**
 * Packs the little root that the kernel starts from: busybox, the modules, the first program and its parameters.
 *
 * @param parameters become environment variables of everything in the guest
 * @returns the path of the archive
 */
export function packInitramfs(
  directory: string,
  { busybox, kernelVersion }: Requirements,
  init: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const tree = join(directory, 'initramfs');
  const members = [...DIRECTORIES];
  for (const name of DIRECTORIES) mkdirSync(join(tree, name), { recursive: true });
  const add = (source: string, name: string): void => {
    copyFileSync(source, join(tree, name));
    members.push(name);
  };
  const write = (name: string, text: string): void => {
    writeFileSync(join(tree, name), text);
    members.push(name);
  };

  add(busybox, 'bin/busybox');
  add(init, 'init');
  chmodSync(join(tree, 'init'), 0o755);
  const modules = modulesFor(kernelVersion);
  for (const module of modules) add(module, `modules/${basename(module)}`);
  write('modules/order', modules.map((module) => `${basename(module)}\n`).join(''));
  const assignments = Object.entries(parameters).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  write('parameters', assignments.join(''));

  const archive = join(directory, 'initramfs.cpio');
  const input = `${members.join('\n')}\n`;
  writeFileSync(
    archive,
    execFileSync(busybox, ['cpio', '-o', '-H', 'newc'], { cwd: tree, input, maxBuffer: 2 ** 28, stdio: 'pipe' }),
  );
  return archive;
}

/** The module files in the order in which they can be loaded; what is built into the kernel has none. */
function modulesFor(kernelVersion: string): string[] {
  const options = ['-S', kernelVersion, '--show-depends', '-a', ...FIRST_MODULES];
  const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const lines = execFileSync('modprobe', options, { encoding: 'utf8', env: environment }).split('\n');
  const files = lines.flatMap((line) => {
    const [verb, file] = line.trim().split(/\s+/);
    return verb === 'insmod' && file !== undefined ? [file] : [];
  });
  const compressed = files.find((file) => !readFileSync(file).subarray(0, 4).equals(ELF));
  if (compressed !== undefined) throw new Error(`${compressed} is compressed; the laboratory wants Debian's kernel`);
  return [...new Set(files)];
}

const ELF = Buffer.from('\x7fELF', 'latin1');

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
