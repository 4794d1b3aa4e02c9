import { createHash, timingSafeEqual } from 'node:crypto';

/** Who may read the pages. */
export type Access =
  /** Who reaches the loopback address: the users of this machine. */
  | { readonly kind: 'loopback' }
  /** Who knows the password, under any name. */
  | { readonly kind: 'password'; readonly password: string }
  /** Whom a proxy at this address has let through, which names them in this header. */
  | { readonly kind: 'proxy'; readonly address: string; readonly header: string };

/** What a request says of itself. */
export interface Credentials {
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  /** The address that it comes from. */
  readonly address: string | undefined;
  /** The value of the proxy's header. */
  readonly user: string | undefined;
  /** `Sec-Fetch-Site`, which browsers send: `cross-site` when a page elsewhere asks. */
  readonly site?: string | undefined;
}

export type Denial = { readonly status: 401; readonly why: string } | { readonly status: 403; readonly why: string };

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** @returns why a request is denied; undefined when it is not */
export function denialOf(
  access: Access,
  { host, authorization, address, user, site }: Credentials,
): Denial | undefined {
  if (site === 'cross-site') return { status: 403, why: 'Pages elsewhere may not ask this server; open it itself.' };
  switch (access.kind) {
    case 'loopback':
      // A page elsewhere may give its own name our address, and read ours through the browser of a user here.
      if (host !== undefined && LOOPBACK.test(host)) return undefined;
      return {
        status: 403,
        why: 'This server answers to localhost only. For other names it needs --password-file or --proxy-user.',
      };
    case 'password':
      return isPassword(authorization, access.password) ? undefined : { status: 401, why: 'A password is needed.' };
    case 'proxy':
      if (plainAddress(address) !== plainAddress(access.address)) {
        return { status: 403, why: 'This server answers to its proxy only.' };
      }
      return user
        ? undefined
        : { status: 403, why: `The proxy does not say who you are: ${access.header} is missing.` };
  }
}

/** By hashes of one length, so that the time says nothing of the password. */
function isPassword(authorization: string | undefined, password: string): boolean {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return false;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const given = pair.slice(pair.indexOf(':') + 1);
  return timingSafeEqual(hashOf(given), hashOf(password));
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** An IPv4 address that comes through an IPv6 socket is the same. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d)/i, '');
}
