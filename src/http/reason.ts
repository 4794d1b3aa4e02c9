import { errorCode } from '../host/error-code.js';
import { printable } from './printable.js';

/** Why a request failed: the words behind undici's wrappers. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return reasonOf(error.errors[0]);
  if (error.message === '' && error.cause instanceof Error) return reasonOf(error.cause);
  return printable(error.message === '' ? (code ?? error.name) : error.message);
}
