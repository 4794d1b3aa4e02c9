import type { SecretSource } from '../config/project.js';
import { placeOf, readSecret } from '../secrets/secret.js';

/** What authenticates us to a server. */
export type Password =
  | { readonly kind: 'password'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly message: string };

/** Reads it anew for every connection: a wrong one is mended while the mails wait. It never gets into a message. */
export function readPassword(source: SecretSource, environment: NodeJS.ProcessEnv): Password {
  const secret = readSecret(source, environment);
  const where = placeOf(source);
  if (secret.kind === 'unreadable') return { kind: 'unreadable', message: `the password is not used: ${secret.why}` };
  if (secret.kind === 'missing') {
    return { kind: 'unreadable', message: `the password is missing: ${where} is not there` };
  }
  // Editors end a file with a line; spaces may be meant.
  const password = secret.text.replace(/\r?\n$/, '');
  if (password === '' || /\p{Cc}/u.test(password)) {
    return { kind: 'unreadable', message: `${where} holds no password` };
  }
  return { kind: 'password', text: password };
}
