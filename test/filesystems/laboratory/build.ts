import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { BUILT } from './machine.js';

const SOURCES = resolve('test/filesystems/guest');

/** Bundles the programs of the guest, which is too slow to compile them itself. */
export async function buildGuestPrograms(): Promise<void> {
  rmSync(BUILT, { recursive: true, force: true });
  const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.ts'));
  const input = Object.fromEntries(sources.map((name) => [name.slice(0, -'.ts'.length), join(SOURCES, name)]));
  const bundle = await rolldown({ input, platform: 'node', external: ['koffi'] });
  await bundle.write({ dir: BUILT, format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js' });
  await bundle.close();
}
