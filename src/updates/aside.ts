import { exists } from './look.js';

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
