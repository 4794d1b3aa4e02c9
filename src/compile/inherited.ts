import { fstatSync } from 'node:fs';
import type { Argv } from './argv.js';

const DESCRIPTOR = /^(?:-o)?(?:\/dev\/fd|\/proc\/self\/fd)\/(\d{1,4})$/;

/**
 * The open files that a command inherits: as we have them, standard ones and those that it names (`-o /dev/fd/3`). Node closes all
 * others, which a native program would pass on.
 */
export function inheritedBy(argv: Argv): ('inherit' | 'ignore' | number)[] {
  const named = argv.flatMap((word) => DESCRIPTOR.exec(word)?.slice(1).map(Number) ?? []).filter(isOpen);
  const last = Math.max(2, ...named);
  return Array.from({ length: last + 1 }, (_, fd) => (fd <= 2 ? 'inherit' : named.includes(fd) ? fd : 'ignore'));
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
