import type { SecretSource } from '../config/project.js';
import { type Exposure, readSecretFile } from './secret-file.js';

/** What a configured place of a secret holds. */
export type Secret =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  /** In one line, without what the place holds. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads a secret where the configuration says it is. */
export function readSecret(source: SecretSource, environment: NodeJS.ProcessEnv): Secret {
  if (source.kind === 'variable') {
    const text = environment[source.name];
    return text === undefined ? { kind: 'missing' } : { kind: 'text', text };
  }
  const file = readSecretFile(source.path, process.geteuid?.() ?? 0);
  return file.kind === 'refused' || file.kind === 'forbidden' ? { kind: 'unreadable', why: file.why } : file;
}

/**
 * What is wrong with the place of a secret, for a person who can fix it; undefined when nothing is, or when only the user who
 * runs builds can tell.
 */
export function exposureOfSecret(source: SecretSource | undefined): Exposure | undefined {
  if (source?.kind !== 'file') return undefined;
  const file = readSecretFile(source.path, process.geteuid?.() ?? 0);
  return file.kind === 'refused' ? file : undefined;
}

/** That there is no such file; undefined when there is one, or when only the user who runs builds can tell. */
export function missingSecret(source: SecretSource | undefined): string | undefined {
  if (source?.kind !== 'file') return undefined;
  return readSecretFile(source.path, process.geteuid?.() ?? 0).kind === 'missing'
    ? `there is no file ${source.path}`
    : undefined;
}

/** For messages. */
export function placeOf(source: SecretSource): string {
  return source.kind === 'file' ? source.path : `the environment variable ${source.name}`;
}
