import { retryAfterMs } from '../http/headers.js';
import { printable } from '../http/printable.js';
import { parseReply } from './reply.js';
import type { Sent } from './sending.js';

/** What a server has answered to a report. */
export interface Answer {
  readonly status: number;
  /** Where it redirects to. */
  readonly location: string | undefined;
  /** The header of that name. */
  readonly retryAfter: string | undefined;
  /** Its headers `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  readonly body: Buffer;
}

/** A request that came at the wrong time, or with a token that has to be renewed, is not the report's fault. */
const NOT_ITS_FAULT: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 421, 423, 425, 429]);

/** The URL, the token or the proxy is not what it should be. */
const LASTING: ReadonlySet<number> = new Set([401, 403, 404, 405, 407]);

/** What the configuration has for a server that wants to know who sends. */
type Authentication = 'token' | 'login';

/** What an answer means for the report. @param md5 of what was sent */
export function judge({ status, body, retryAfter }: Answer, md5: string, authentication: Authentication): Sent {
  const reply = parseReply(body);
  const said = reply === undefined || reply.message === '' ? '' : `: ${printable(reply.message)}`;
  if (status < 200 || status > 299) {
    const message = `answers ${status}${said}${adviceFor(status, authentication)}`;
    if (status >= 400 && status < 500 && !NOT_ITS_FAULT.has(status)) return { kind: 'refused', message };
    const afterMs = retryAfterMs(retryAfter);
    return {
      kind: 'unavailable',
      message,
      ...(afterMs !== undefined && { retryAfterMs: afterMs }),
      ...(LASTING.has(status) && { lasting: true }),
    };
  }
  if (reply === undefined) {
    return { kind: 'unavailable', message: 'answers, but not as CDash does; is it the URL of submit.php?' };
  }
  if (reply.status === 'ERROR') return { kind: 'refused', message: `says ERROR${said}` };
  if (reply.md5 !== undefined && reply.md5.toLowerCase() !== md5) {
    return { kind: 'unavailable', message: 'received something other than what was sent (its MD5 differs)' };
  }
  return {
    kind: 'delivered',
    ...(reply.buildId !== undefined && { buildId: reply.buildId }),
    ...(reply.status === 'WARNING' && { warning: `says WARNING${said}` }),
  };
}

function adviceFor(status: number, authentication: Authentication): string {
  switch (status) {
    case 401:
    case 403:
      if (authentication === 'login') return '; are the user and the password of the URL right?';
      return '; is the token right, and has it not expired?';
    case 404:
      return '; is it the URL of submit.php?';
    default:
      return '';
  }
}
