import type { SecretSource } from '../config/project.js';
import { readRegularFile } from '../locks/index.js';

/** What authenticates us to a server. */
export type Password =
  | { readonly kind: 'password'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly message: string };

/** Reads it anew for every connection: a wrong one is mended while the mails wait. It never gets into a message. */
export function readPassword(source: SecretSource, environment: NodeJS.ProcessEnv): Password {
  const where = source.kind === 'file' ? source.path : `the environment variable ${source.name}`;
  let text: string | undefined;
  try {
    text = source.kind === 'file' ? readRegularFile(source.path, 64 * 1024) : environment[source.name];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'unreadable', message: `the password cannot be read: ${why}` };
  }
  if (text === undefined) return { kind: 'unreadable', message: `the password is missing: ${where} is not there` };
  // Editors end a file with a line; spaces may be meant.
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || /\p{Cc}/u.test(password)) {
    return { kind: 'unreadable', message: `${where} holds no password` };
  }
  return { kind: 'password', text: password };
}
