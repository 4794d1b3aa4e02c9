import { createHash, randomBytes } from 'node:crypto';
import type { UrlLogin } from '../config/project.js';

/** What a server wants to be answered. */
type Challenge =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'digest';
      readonly algorithm: 'MD5' | 'SHA-256';
      readonly parameters: ReadonlyMap<string, string>;
    };

/**
 * User and password for a server that asks for them, as curl gives them to it on CTest's behalf: not before it asks, and by
 * the better of Digest and Basic (RFC 7616, RFC 7617).
 */
export class Login {
  readonly #user: Buffer;
  readonly #password: Buffer;
  #challenge: Challenge | undefined;
  #uses = 0;

  constructor({ user, password }: UrlLogin) {
    this.#user = decoded(user);
    this.#password = decoded(password);
  }

  /**
   * Takes what a server asks for.
   *
   * @param headers its `WWW-Authenticate`
   * @returns whether it can be answered
   */
  hear(headers: readonly string[]): boolean {
    const challenges = headers.flatMap(challengesOf);
    this.#challenge = challenges.find(({ kind }) => kind === 'digest') ?? challenges[0];
    this.#uses = 0;
    return this.#challenge !== undefined;
  }

  /** The header `Authorization` for a request; undefined until the server has asked for one. */
  authorization(method: string, { pathname, search }: URL): string | undefined {
    if (this.#challenge === undefined) return undefined;
    if (this.#challenge.kind === 'basic') {
      return `Basic ${Buffer.concat([this.#user, Buffer.from(':'), this.#password]).toString('base64')}`;
    }
    const { algorithm, parameters } = this.#challenge;
    this.#uses++;
    const hash = (...parts: readonly (string | Buffer)[]): string => {
      const sum = createHash(algorithm === 'MD5' ? 'md5' : 'sha256');
      for (const [index, part] of parts.entries()) sum.update(index === 0 ? '' : ':').update(part);
      return sum.digest('hex');
    };
    const [realm = '', nonce = '', opaque, qop] = ['realm', 'nonce', 'opaque', 'qop'].map((key) => parameters.get(key));
    const uri = pathname + search;
    const secret = hash(this.#user, Buffer.from(realm, 'latin1'), this.#password);
    const count = this.#uses.toString(16).padStart(8, '0');
    const ours = randomBytes(16).toString('hex');
    const between = qop === undefined ? [nonce] : [nonce, count, ours, 'auth'];
    const response = hash(secret, ...between, hash(method, uri));
    const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
    return [
      `Digest username=${quoted(this.#user.toString('latin1'))}, realm=${quoted(realm)}, nonce=${quoted(nonce)}`,
      `uri="${uri}", response="${response}", algorithm=${algorithm}`,
      ...(qop === undefined ? [] : [`qop=auth, nc=${count}, cnonce="${ours}"`]),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ].join(', ');
  }
}

/** Those of a header that can be answered. Several may stand in one, each a word and what it needs. */
function challengesOf(header: string): Challenge[] {
  const schemes: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  for (const [, key, quoted, plain, word] of header.matchAll(
    /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([\w-]+)/g,
  )) {
    if (word !== undefined) schemes.push({ scheme: word.toLowerCase(), parameters: new Map() });
    else if (key !== undefined)
      schemes.at(-1)?.parameters.set(key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return schemes.flatMap(({ scheme, parameters }): Challenge[] => {
    if (scheme === 'basic') return [{ kind: 'basic' }];
    if (scheme !== 'digest' || !parameters.has('nonce')) return [];
    const algorithm = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
    if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return [];
    const qop = parameters.get('qop');
    if (qop !== undefined && !/(^|[\s,])auth($|[\s,])/.test(qop)) return [];
    return [{ kind: 'digest', algorithm, parameters }];
  });
}

/** The bytes of what a URL has percent-encoded. */
function decoded(text: string): Buffer {
  const bytes = Buffer.from(text).toString('latin1');
  return Buffer.from(
    bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
