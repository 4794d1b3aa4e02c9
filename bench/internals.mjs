// Parts of the program that no bundle of its own exports, bundled as the program is.
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const here = dirname(fileURLToPath(import.meta.url));

/** Imports a module of `src/`, by its path there. */
export async function internal(path) {
  // Inside the project, so that the packages of the module are found.
  const directory = mkdtempSync(join(here, '..', 'dist', 'bench-'));
  try {
    const bundle = await rolldown({
      input: join(here, '..', 'src', path),
      platform: 'node',
      external: ['sax', 'koffi'],
    });
    const file = join(directory, 'module.mjs');
    // In one file, also what is not loaded before it is needed.
    await bundle.write({ file, format: 'esm', codeSplitting: false });
    await bundle.close();
    return await import(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
