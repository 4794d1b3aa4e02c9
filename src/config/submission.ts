import { resolve } from 'node:path';
import { DEFAULTS } from './defaults.js';
import { milliseconds } from './duration.js';
import type { KeyPath } from './problem.js';
import type { Submission, UrlLogin } from './project.js';
import type { SubmitTable } from './schema.js';

/** Keys of `[submit]` that only one type has. */
const KEYS_OF_TYPES = {
  cdash: ['url', 'token_file', 'token_variable', 'allow_insecure', 'ca_file', 'timeout'],
  directory: ['directory'],
} as const;

/** What a resolution of `[builds.NAME.submit]` needs from outside. */
interface Surroundings {
  /** The directory of the file, for relative paths. */
  readonly base: string;
  /** Of the URL of a `DartConfiguration.tcl`. */
  readonly login: UrlLogin | undefined;
  readonly report: (path: KeyPath, message: string) => void;
  /** Says that something is missing, unless it is there and was wrong. */
  readonly missing: (path: KeyPath, message: string) => void;
}

/** Where the reports of a build go; undefined when nowhere. The build's own keys replace those of `[defaults]`. */
export function resolveSubmission(
  name: string,
  own: SubmitTable | undefined,
  inherited: SubmitTable | undefined,
  { base, login, report, missing }: Surroundings,
): Submission | undefined {
  const table = { ...inherited, ...own };
  if ((own === undefined && inherited === undefined) || table.enabled === false) return undefined;
  const path = ['builds', name, 'submit'];
  const type = table.type ?? DEFAULTS.submitType;
  for (const key of KEYS_OF_TYPES[type === 'cdash' ? 'directory' : 'cdash']) {
    if (own?.[key] === undefined) continue;
    report([...path, key], `a submission of type "${type}" has no \`${key}\``);
  }
  const common = {
    retries: table.retries ?? DEFAULTS.submitRetries,
    retryDelayMs: milliseconds(table.retry_delay ?? DEFAULTS.submitRetryDelay),
    keepMs: milliseconds(table.keep ?? DEFAULTS.submitKeep),
    spoolBytes: (table.spool_size ?? DEFAULTS.submitSpoolSize) * 1e6,
  };
  if (type === 'directory') {
    if (table.directory === undefined) {
      missing([...path, 'directory'], 'a submission of type "directory" needs the `directory` of the drop box');
    }
    return { type, directory: resolve(base, table.directory ?? '.'), ...common };
  }
  // Not a matter of the schema, whose message would show the password.
  if (own?.url !== undefined && hasCredentials(own.url)) {
    const message = 'the URL contains a user or a password, which do not belong in a configuration; see `token_file`';
    report([...path, 'url'], message);
  }
  if (table.url === undefined) missing([...path, 'url'], 'a submission to CDash needs its `url`');
  if (own?.token_file !== undefined && own.token_variable !== undefined) {
    report([...path, 'token_variable'], 'found both `token_file` and `token_variable`, expected at most one of them');
  }
  return {
    type,
    url: table.url ?? '',
    token: tokenOf(table, base),
    ...(login !== undefined && { login }),
    ...(table.allow_insecure === true && { allowInsecure: true }),
    caFile: table.ca_file === undefined ? undefined : resolve(base, table.ca_file),
    timeoutMs: milliseconds(table.timeout ?? DEFAULTS.submitTimeout),
    ...common,
  };
}

function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

function tokenOf(table: SubmitTable, base: string): Extract<Submission, { type: 'cdash' }>['token'] {
  if (table.token_variable !== undefined) return { kind: 'variable', name: table.token_variable };
  if (table.token_file !== undefined) return { kind: 'file', path: resolve(base, table.token_file) };
  return undefined;
}
