import { relative, resolve } from 'node:path';
import { real } from '../../config/work-tree.js';
import type { Checkout, Failed } from '../version-control.js';
import { readSvn } from './command.js';

/** What has a property, and its value. */
export interface Owner {
  /** Relative to the source; `.` is the source itself. */
  readonly path: string;
  readonly value: string;
}

/**
 * What has a property in some working copies.
 *
 * @param places relative to the source
 */
export async function ownersOf(
  checkout: Checkout,
  property: string,
  places: readonly string[],
): Promise<Owner[] | Failed> {
  const top = real(checkout.source);
  const owners: Owner[] = [];
  let path = '';
  const targets = places.map((place) => `${place}@`);
  const read = await readSvn(checkout, ['propget', property, '-R', '--xml', ...targets], {
    open: (name, attributes) => {
      if (name === 'target') path = relative(top, resolve(top, attributes['path'] ?? '')) || '.';
    },
    close: (name, value) => {
      if (name === 'property') owners.push({ path, value });
    },
  });
  return read.kind === 'failed' ? read : owners;
}
