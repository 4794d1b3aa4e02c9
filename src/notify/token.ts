import type { SecretSource } from '../config/project.js';
import { placeOf, readSecret } from '../secrets/secret.js';

/** A secret of a subscriber, or why there is none; that never says what stands there. */
export type Found =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads a token or a key anew for every event: a wrong one is mended while events wait. @param what it is, for messages */
export function readKey(source: SecretSource, what: 'token' | 'secret', environment: NodeJS.ProcessEnv): Found {
  const secret = readSecret(source, environment);
  const where = placeOf(source);
  if (secret.kind === 'unreadable') return { kind: 'unreadable', why: `the ${what} is not used: ${secret.why}` };
  if (secret.kind === 'missing') return { kind: 'unreadable', why: `the ${what} is missing: there is no ${where}` };
  // Editors end a file with a line.
  const text = secret.text.replace(/\r?\n$/, '');
  const form = what === 'token' ? /^[\x21-\x7e]+$/ : /^\P{Cc}+$/u;
  return form.test(text) ? { kind: 'found', text } : { kind: 'unreadable', why: `${where} holds no ${what}` };
}
