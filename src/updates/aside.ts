import { exists } from './look.js';
import { wordOf } from './word.js';

/** What comes behind the names of some files to put them aside: nothing has any of these names yet. */
export function freeEnding(paths: readonly (Buffer | string)[]): string {
  for (let number = 1; ; number++) {
    const ending = number === 1 ? '.mine' : `.mine.${number}`;
    if (
      !paths.some((path) =>
        exists(typeof path === 'string' ? path + ending : Buffer.concat([path, Buffer.from(ending)])),
      )
    )
      return ending;
  }
}

/** A command for a person to copy that puts aside what stands at a path, under a name that is free. */
export function asideLine(path: Buffer | string): string {
  const bytes = Buffer.from(path);
  return `mv -- ${wordOf(bytes)} ${wordOf(Buffer.concat([bytes, Buffer.from(freeEnding([bytes]))]))}`;
}
