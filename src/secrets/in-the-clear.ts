import type { CDashSubmission, SmtpTransport, StatusSubscriber, WebhookSubscriber } from '../config/project.js';

/** Why a token would cross a network where others can read it; undefined when it does not, or that is allowed. */
export function tokenInTheClear({ url, token, allowInsecure }: CDashSubmission): string | undefined {
  if (token === undefined || allowInsecure || !URL.canParse(url)) return undefined;
  const { protocol, hostname, origin } = new URL(url);
  if (protocol !== 'http:' || isLoopback(hostname)) return undefined;
  return `the token would go to ${origin} without encryption; use https, or set \`allow_insecure = true\``;
}

/** Likewise of the token of a webhook or of the statuses of commits. */
export function hookTokenInTheClear({
  url,
  token,
  allowInsecure,
}: WebhookSubscriber | StatusSubscriber): string | undefined {
  if (token === undefined || allowInsecure) return undefined;
  const { protocol, hostname, origin } = new URL(url);
  if (protocol !== 'http:' || isLoopback(hostname)) return undefined;
  return `the token would go to ${origin} without encryption; use https, or set \`allow_insecure = true\``;
}

/** Likewise of the password in the URL of a `DartConfiguration.tcl`, which is still sent, as by ctest; for the user who can fix it. */
export function loginInTheClear({ url, login }: CDashSubmission): string | undefined {
  if (login === undefined) return undefined;
  const { protocol, hostname, origin } = new URL(url);
  if (protocol !== 'http:' || isLoopback(hostname)) return undefined;
  return `user and password go to ${origin} without encryption if it asks for them; use https`;
}

/** Likewise of the password for a mail server. */
export function passwordInTheClear({ host, security, login, allowInsecure }: SmtpTransport): string | undefined {
  if (login === undefined || security !== 'none' || allowInsecure || isLoopback(host)) return undefined;
  return `the password would go to ${host} without encryption; use \`security = "starttls"\` or "tls", or set \`allow_insecure = true\``;
}

/** Likewise of the password for etcd. */
export function etcdPasswordInTheClear({ endpoints, login, allowInsecure }: EtcdLogin): string | undefined {
  if (login === undefined || allowInsecure === true) return undefined;
  const urls = endpoints.map((endpoint) => new URL(endpoint));
  const clear = urls.find(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname));
  if (clear === undefined) return undefined;
  return `the password would go to ${clear.origin} without encryption; use https, or set \`allow_insecure = true\``;
}

/** Where it would go. */
interface EtcdLogin {
  readonly endpoints: readonly string[];
  readonly login?: object | undefined;
  readonly allowInsecure?: boolean | undefined;
}

/** Whether a host, as a URL or a person writes it, is this machine: what goes there passes no network. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || name === 'localhost.' || name === '::1') return true;
  return /^127(\.\d{1,3}){3}$/.test(name) || /^::ffff:(127(\.\d{1,3}){3}|7f[0-9a-f]{2}:[0-9a-f]{1,4})$/.test(name);
}
