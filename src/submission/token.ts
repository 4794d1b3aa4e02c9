import type { CDashSubmission } from '../config/project.js';
import { readRegularFile } from '../locks/index.js';

/** What authenticates a submission; without text where none is needed. */
export type Token =
  | { readonly kind: 'token'; readonly text: string | undefined }
  | { readonly kind: 'unreadable'; readonly message: string };

/** Reads it anew for every report: a token that has expired is replaced while the reports wait. */
export function readToken(source: CDashSubmission['token'], environment: NodeJS.ProcessEnv): Token {
  if (source === undefined) return { kind: 'token', text: undefined };
  const where = source.kind === 'file' ? source.path : `the environment variable ${source.name}`;
  let text: string | undefined;
  try {
    text = source.kind === 'file' ? readRegularFile(source.path, 64 * 1024) : environment[source.name];
  } catch (error) {
    return {
      kind: 'unreadable',
      message: `the token cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  if (text === undefined) return { kind: 'unreadable', message: `the token is missing: there is no ${where}` };
  // Anything else would end the header, or is not a token; what it is must not get into a message.
  if (!/^[\x21-\x7e]+$/.test(text.trim())) return { kind: 'unreadable', message: `${where} holds no token` };
  return { kind: 'token', text: text.trim() };
}
