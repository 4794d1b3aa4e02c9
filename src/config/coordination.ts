import { resolve } from 'node:path';
import { mayRenewTooLate } from './coordination-limits.js';
import { DEFAULTS } from './defaults.js';
import { milliseconds } from './duration.js';
import type { KeyPath } from './problem.js';
import type { Coordination, SecretSource } from './project.js';
import type { CoordinationTable } from './schema.js';

/** What a resolution of `[coordination]` needs from outside. */
interface Surroundings {
  /** The directory of the file, for relative paths. */
  readonly base: string;
  /** Of the project, for the default of the prefix. */
  readonly name: string;
  /** Of this host, for the default of its name. */
  readonly hostname: string;
  readonly report: (path: KeyPath, message: string) => void;
  /** Says that something is missing, unless it is there and was wrong. */
  readonly missing: (path: KeyPath, message: string) => void;
}

const TABLE = 'coordination';

/** How hosts coordinate that share nothing but a network; undefined without `[coordination]`. */
export function resolveCoordination(
  table: CoordinationTable | undefined,
  surroundings: Surroundings,
): Coordination | undefined {
  if (table === undefined) return undefined;
  const { base } = surroundings;
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(base, path));
  const endpoints = endpointsOf(table, surroundings);
  reportCertificates(table, endpoints, surroundings);
  const leaseMs = milliseconds(table.lease ?? DEFAULTS.coordinationLease);
  const requestTimeoutMs = milliseconds(table.request_timeout ?? DEFAULTS.coordinationTimeout);
  if (mayRenewTooLate(requestTimeoutMs, leaseMs)) {
    const message = 'a request that may take more than half of the `lease` could come too late to renew it';
    surroundings.report([TABLE, table.request_timeout === undefined ? 'lease' : 'request_timeout'], message);
  }
  return {
    endpoints,
    prefix: prefixOf(table, surroundings),
    caFile: file(table.ca_file),
    certFile: file(table.cert_file),
    keyFile: file(table.key_file),
    login: loginOf(table, surroundings),
    ...(table.allow_insecure === true && { allowInsecure: true }),
    leaseMs,
    requestTimeoutMs,
    host: hostOf(table, surroundings),
    whenAway: table.when_away ?? DEFAULTS.whenAway,
  };
}

function endpointsOf({ etcd }: CoordinationTable, { report, missing }: Surroundings): readonly string[] {
  if (etcd === undefined) missing([TABLE, 'etcd'], 'coordination needs the URLs of `etcd`');
  return (etcd ?? []).map((text, index) => {
    const { origin, pathname, search, hash, username, password } = new URL(text);
    // Not a matter of the schema, whose message would show the password.
    if (username !== '' || password !== '') {
      const message =
        'the URL contains a user or a password, which do not belong in a configuration; see `user` and `password_file`';
      report([TABLE, 'etcd', index], message);
    } else if (pathname !== '/' || search !== '' || hash !== '') {
      report([TABLE, 'etcd', index], `found ${JSON.stringify(text)}, expected a URL without a path: "${origin}"`);
    }
    return origin;
  });
}

function reportCertificates(
  table: CoordinationTable,
  endpoints: readonly string[],
  { report, missing }: Surroundings,
): void {
  if (table.cert_file !== undefined && table.key_file === undefined) {
    missing([TABLE, 'key_file'], 'a `cert_file` needs the `key_file` with its key');
  }
  if (table.key_file !== undefined && table.cert_file === undefined) {
    missing([TABLE, 'cert_file'], 'a `key_file` needs the `cert_file` with its certificate');
  }
  if (endpoints.length === 0 || endpoints.some((endpoint) => endpoint.startsWith('https:'))) return;
  for (const key of ['ca_file', 'cert_file', 'key_file'] as const) {
    if (table[key] !== undefined) report([TABLE, key], `the members have http URLs, and only https has a \`${key}\``);
  }
}

/** Not made to fit: two projects whose names become the same one would share their locks. */
function prefixOf({ prefix }: CoordinationTable, { name, missing }: Surroundings): string {
  if (prefix !== undefined) return prefix;
  if (name !== '' && !/^[A-Za-z0-9._-]{1,150}$/.test(name)) {
    missing(
      [TABLE, 'prefix'],
      'the name of the project has other characters than a `prefix` may have; set the `prefix`',
    );
  }
  return `/stagelock/${name}`;
}

function hostOf({ host }: CoordinationTable, { hostname, missing }: Surroundings): string {
  if (host !== undefined) return host;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(hostname)) {
    missing([TABLE, 'host'], 'the name of this host has other characters than a `host` may have; set the `host`');
  }
  return hostname;
}

function loginOf(table: CoordinationTable, { base, report, missing }: Surroundings): Coordination['login'] {
  if (table.password_file !== undefined && table.password_variable !== undefined) {
    const message = 'found both `password_file` and `password_variable`, expected at most one of them';
    report([TABLE, 'password_variable'], message);
  }
  const password = passwordOf(table, base);
  if (table.user !== undefined && password === undefined) {
    missing([TABLE, 'password_file'], 'a `user` needs a `password_file` or a `password_variable`');
  }
  if (table.user === undefined && password !== undefined) missing([TABLE, 'user'], 'a password needs a `user`');
  return table.user === undefined || password === undefined ? undefined : { user: table.user, password };
}

function passwordOf(table: CoordinationTable, base: string): SecretSource | undefined {
  if (table.password_variable !== undefined) return { kind: 'variable', name: table.password_variable };
  if (table.password_file !== undefined) return { kind: 'file', path: resolve(base, table.password_file) };
  return undefined;
}
