import { A_PREFIX, isPrefix, LEASE_MS, mayRenewTooLate, REQUEST_MS } from '../config/coordination-limits.js';
import { DEFAULTS } from '../config/defaults.js';
import { milliseconds } from '../config/duration.js';
import {
  checkBoolean,
  checkCount,
  checkFunction,
  checkSignal,
  checkTime,
  fieldsOf,
  kindOf,
} from '../text/arguments.js';

/* What callers of the library pass is checked before anything is asked of etcd. */

const OPTIONS = [
  ...['endpoints', 'prefix', 'caFile', 'certFile', 'keyFile', 'login', 'allowInsecure'],
  ...['leaseMs', 'requestTimeoutMs', 'host', 'whenAway'],
];
const MOST_SLOTS = 1000;
/** As keys of etcd they would be taken, but a name of a megabyte is none. */
const LONGEST_NAME = 1000;
/** As in a configuration. */
const DEFAULT_LEASE_MS = milliseconds(DEFAULTS.coordinationLease);
const DEFAULT_REQUEST_MS = milliseconds(DEFAULTS.coordinationTimeout);

/** @throws TypeError, RangeError */
export function checkEtcdOptions(options: unknown): void {
  const given = fieldsOf('options', options, OPTIONS);
  checkEndpoints(given['endpoints']);
  checkPrefix(given['prefix']);
  for (const name of ['caFile', 'certFile', 'keyFile', 'host']) checkText(`options.${name}`, given[name]);
  checkLogin(given['login']);
  checkBoolean('options.allowInsecure', given['allowInsecure']);
  const { leaseMs = DEFAULT_LEASE_MS, requestTimeoutMs = DEFAULT_REQUEST_MS } = given;
  checkTime('options.leaseMs', leaseMs, LEASE_MS.least, LEASE_MS.most);
  checkTime('options.requestTimeoutMs', requestTimeoutMs, REQUEST_MS.least, REQUEST_MS.most);
  if (mayRenewTooLate(Number(requestTimeoutMs), Number(leaseMs))) {
    const why = 'a request that may take more than half of the lease could come too late to renew it';
    throw new RangeError(`options.requestTimeoutMs: ${why}`);
  }
}

/** @throws TypeError, RangeError */
export function checkName(name: unknown): void {
  if (typeof name !== 'string') throw new TypeError(`name: expected a string, got ${kindOf(name)}`);
  if (name === '' || Buffer.byteLength(name) > LONGEST_NAME || /\p{Cs}/u.test(name))
    throw new RangeError(`name: expected 1 to ${LONGEST_NAME} bytes of text, got ${kindOf(name)}`);
}

/** @throws TypeError, RangeError */
export function checkNumberOfSlots(slots: unknown): void {
  checkCount('slots', slots, MOST_SLOTS);
}

/** @throws TypeError, RangeError */
export function checkWaitOptions(options: unknown): void {
  const { timeoutMs, signal, onWaiting } = fieldsOf('options', options, ['timeoutMs', 'signal', 'onWaiting']);
  checkTime('options.timeoutMs', timeoutMs, 0);
  checkSignal('options.signal', signal);
  checkFunction('options.onWaiting', onWaiting);
}

function checkEndpoints(endpoints: unknown): void {
  const wanted = 'expected URLs of members, "https://HOST:2379"';
  if (!Array.isArray(endpoints)) throw new TypeError(`options.endpoints: ${wanted}, got ${kindOf(endpoints)}`);
  if (endpoints.length === 0) throw new RangeError(`options.endpoints: ${wanted}, got none`);
  for (const [index, endpoint] of endpoints.entries()) {
    const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    const isMember = url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.origin === endpoint;
    // The text is not shown: it may hold a password.
    if (!isMember) throw new TypeError(`options.endpoints[${index}]: ${wanted}, without a path, a user or a password`);
  }
}

function checkPrefix(prefix: unknown): void {
  if (typeof prefix !== 'string') throw new TypeError(`options.prefix: expected a string, got ${kindOf(prefix)}`);
  if (!isPrefix(prefix)) throw new RangeError(`options.prefix: expected ${A_PREFIX}, got ${kindOf(prefix)}`);
}

function checkText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '' && !value.includes('\0'))) return;
  throw new TypeError(`${name}: expected a text, got ${kindOf(value)}`);
}

/** A password itself is not taken: it would stand in a program, or in the listing of one that prints its options. */
function checkLogin(login: unknown): void {
  if (login === undefined) return;
  const { user, password } = fieldsOf('options.login', login, ['user', 'password']);
  if (typeof user !== 'string') throw new TypeError(`options.login.user: expected a string, got ${kindOf(user)}`);
  const wanted = "expected { kind: 'file', path } or { kind: 'variable', name }";
  const { kind, path, name } =
    typeof password === 'object' ? fieldsOf('options.login.password', password) : { kind: '', path: '', name: '' };
  const isSource = (kind === 'file' && typeof path === 'string') || (kind === 'variable' && typeof name === 'string');
  if (!isSource) throw new TypeError(`options.login.password: ${wanted}`);
}
