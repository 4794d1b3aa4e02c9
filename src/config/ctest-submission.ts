import type { Entries } from './cmake-values.js';
import type { UrlLogin, WithoutSubmission } from './project.js';
import type { SubmitTable } from './schema.js';

/** Where `ctest -T Submit` would send the reports of a build. */
export type CTestSubmission =
  /** The URL of the table has no user and no password in it: it is shown, and they are not. */
  { readonly kind: 'submit'; readonly table: SubmitTable; readonly login: UrlLogin | undefined } | WithoutSubmission;

/** Where the reports go, who sends them, and which entry says so. */
interface Target {
  readonly url: string;
  readonly login: UrlLogin | undefined;
  readonly key: string;
}

/**
 * `SubmitURL`, or else what the `Drop…` entries of CMake before 3.14 make of it. No message has a part of a URL that is none:
 * what looks like a host there may be a password.
 */
export function ctestSubmissionOf(of: Entries): CTestSubmission {
  const url = of('SubmitURL');
  if (url !== '') return submissionTo(targetOf(url, 'SubmitURL'), of);
  const site = of('DropSite');
  if (site === '') return nowhere('there is neither a SubmitURL nor a DropSite');
  const user = of('DropSiteUser');
  // Apart from the URL, so that letters such as `/` in a password do not change what the URL means.
  const login = user === '' ? undefined : { user, password: of('DropSitePassword') };
  const target = targetOf(`${of('DropMethod') || 'http'}://${site}${of('DropLocation')}`, 'DropSite');
  return submissionTo({ ...target, login: login ?? target.login }, of);
}

function submissionTo({ url, login, key }: Target, of: Entries): CTestSubmission {
  if (/^(none|off|false|no|ignore)$/i.test(url)) return nowhere(`${key} is "${url}"`);
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url) ?? [];
  if (scheme !== '' && !/^https?$/i.test(scheme)) {
    return obstacle(`${key} asks for ${scheme}, and reports are submitted by http or https only`);
  }
  // CMake writes `http://` where no dashboard is configured.
  if (/^https?:\/\/(?:$|[/?#])/i.test(url)) return nowhere(`${key} names no server`);
  // `http://USER:12/34@host` is port 12 of USER to a URL, and more likely a password.
  if (/^[^/?#]*:\d*[/?#].*@/.test(url.slice(scheme === '' ? 0 : scheme.length + 3))) {
    return obstacle(`${key} has an @ after its host; in a user or a password, write %2F, %3F and %23 for /, ? and #`);
  }
  const full = scheme === '' ? `http://${url}` : url;
  if (!URL.canParse(full)) return obstacle(`${key} is not a URL`);
  const { protocol, host, pathname, search } = new URL(full);
  const seconds = (name: string): number | undefined => (/^\d+$/.test(of(name)) ? Number(of(name)) : undefined);
  const timeout = seconds('SubmitInactivityTimeout');
  const retries = seconds('CTestSubmitRetryCount');
  const delay = seconds('CTestSubmitRetryDelay');
  return {
    kind: 'submit',
    login,
    table: {
      type: 'cdash',
      url: `${protocol}//${host}${pathname}${search}`,
      ...(timeout !== undefined && timeout > 0 && { timeout }),
      ...(retries !== undefined && { retries }),
      ...(delay !== undefined && { retry_delay: delay }),
    },
  };
}

/** Takes user and password out of a URL, which ends its host at the first `/`, `?` or `#`. */
function targetOf(text: string, key: string): Target {
  const [, scheme = '', authority = '', rest = ''] = /^((?:[a-z][a-z0-9+.-]*:\/\/)?)([^/?#]*)(.*)$/i.exec(text) ?? [];
  const end = authority.lastIndexOf('@');
  if (end < 0) return { url: text, login: undefined, key };
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/.exec(authority.slice(0, end)) ?? [];
  return { url: `${scheme}${authority.slice(end + 1)}${rest}`, login: { user, password }, key };
}

function nowhere(message: string): WithoutSubmission {
  return { kind: 'nowhere', message };
}

function obstacle(message: string): WithoutSubmission {
  return { kind: 'obstacle', message };
}
