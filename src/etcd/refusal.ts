import { printable } from '../http/printable.js';
import { integer, object, optional, parseRecord, string } from '../records/schema.js';
import type { RefusalReason } from './error.js';

/**
 * An error that a member has answered, and what it means for the request.
 *
 * - `elsewhere`: certainly not carried out; another member, or this one later, may do it.
 * - `unclear`: it may have been carried out, now or later; who only reads asks another member.
 * - `token`: not carried out, since our token has expired.
 * - `refused`: a repetition would be refused, too.
 */
export interface Refusal {
  readonly meaning: 'elsewhere' | 'unclear' | 'token' | 'refused';
  readonly reason: RefusalReason;
  readonly message: string;
}

/** Gateways have had several forms: with the error in it, or beside a text; the code is that of gRPC in each. */
const PLAIN = object({ message: string(), code: optional(integer()), grpc_code: optional(integer()) });
const IN_A_STREAM = object({ error: PLAIN });

/** @param text the body of the answer, or a line of a stream */
export function refusalOf(status: number, text: string): Refusal {
  const said = parseRecord(IN_A_STREAM, text)?.error ?? parseRecord(PLAIN, text);
  if (said === undefined) return fromElsewhere(status, text);
  const message = printable(said.message).trim();
  return { ...judge(said.code ?? said.grpc_code, message), message };
}

/** @param code of gRPC @param message also that of a watch that was canceled, which has no code */
export function judge(code: number | undefined, message: string): Pick<Refusal, 'meaning' | 'reason'> {
  const refused = (reason: RefusalReason) => ({ meaning: 'refused' as const, reason });
  for (const [pattern, verdict] of KNOWN) if (pattern.test(message)) return verdict;
  switch (code) {
    case CODES.permissionDenied:
      return refused('permission');
    case CODES.unauthenticated:
      return refused('login');
    case CODES.invalidArgument:
    case CODES.notFound:
    case CODES.alreadyExists:
    case CODES.resourceExhausted:
    case CODES.failedPrecondition:
    case CODES.outOfRange:
    case CODES.unimplemented:
    case CODES.dataLoss:
      return refused('other');
    // Timeouts, a lost leader, a member that ends: the request may be with the others by then, and even `no leader` is only what this
    // member knows after it has tried.
    default:
      return { meaning: 'unclear', reason: 'other' };
  }
}

const CODES = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

const KNOWN: readonly (readonly [RegExp, Pick<Refusal, 'meaning' | 'reason'>])[] = [
  // A member that lags behind says so before it proposes anything; one that only learns does not take requests at all.
  [/too many requests|not supported for learner/, { meaning: 'elsewhere', reason: 'other' }],
  [/invalid auth token|auth store is old|user name is empty/, { meaning: 'token', reason: 'login' }],
  [/authentication failed|authentication is not enabled|CommonName/, { meaning: 'refused', reason: 'login' }],
  [/permission denied/, { meaning: 'refused', reason: 'permission' }],
  [/database space exceeded/, { meaning: 'refused', reason: 'space' }],
  [/request is too large|message larger than max|message length too large/, { meaning: 'refused', reason: 'size' }],
  [/lease not found|lease already exists/, { meaning: 'refused', reason: 'lease' }],
  [/has been compacted/, { meaning: 'refused', reason: 'compacted' }],
];

/** Not the words of etcd's gateway: another server, a proxy before it, or the front of a member. What it does not know or redirects has reached no gateway. */
function fromElsewhere(status: number, text: string): Refusal {
  const beginning = printable(text.slice(0, 200)).trim();
  // A certificate that names a user, where users log in: the gateway cannot hand that name on.
  if (/^CommonName /.test(beginning)) return { meaning: 'refused', reason: 'login', message: beginning };
  const message = `answers ${status}${beginning === '' ? '' : `: ${beginning}`}, which is not etcd's`;
  const notThere = (status >= 300 && status <= 399) || [401, 403, 404, 405, 407, 421].includes(status);
  return { meaning: notThere ? 'elsewhere' : 'unclear', reason: 'other', message };
}
