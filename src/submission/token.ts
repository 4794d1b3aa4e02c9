import type { CDashSubmission } from '../config/project.js';
import { placeOf, readSecret } from '../secrets/secret.js';

/** What authenticates a submission; without text where none is needed. */
export type Token =
  | { readonly kind: 'token'; readonly text: string | undefined }
  | { readonly kind: 'unreadable'; readonly message: string };

/** Reads it anew for every report: a token that has expired is replaced while the reports wait. */
export function readToken(source: CDashSubmission['token'], environment: NodeJS.ProcessEnv): Token {
  if (source === undefined) return { kind: 'token', text: undefined };
  const secret = readSecret(source, environment);
  const where = placeOf(source);
  if (secret.kind === 'unreadable') {
    return { kind: 'unreadable', message: `the token is not used: ${secret.why}` };
  }
  if (secret.kind === 'missing') {
    return { kind: 'unreadable', message: `the token is missing: there is no ${where}` };
  }
  const text = secret.text.trim();
  // Anything else would end the header, or is not a token; what it is must not get into a message.
  if (!/^[\x21-\x7e]+$/.test(text)) return { kind: 'unreadable', message: `${where} holds no token` };
  return { kind: 'token', text };
}
