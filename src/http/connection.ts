import { readFileSync } from 'node:fs';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';

/** What a connection is made with. */
export interface ConnectionSettings {
  /** PEM file of the authorities to trust instead of the usual ones. */
  readonly caFile: string | undefined;
  /** For the connection itself, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * A connection by the proxies of the environment (`https_proxy`, `no_proxy`), as curl has it. The caller destroys it.
 *
 * @throws the system's error, when the file of the authorities cannot be read
 */
export function connectionOf({ caFile, timeoutMs }: ConnectionSettings, environment: NodeJS.ProcessEnv): Dispatcher {
  // Said, so that NODE_TLS_REJECT_UNAUTHORIZED in a crontab does not say otherwise.
  const tls = { rejectUnauthorized: true, ...(caFile !== undefined && { ca: readFileSync(caFile) }) };
  const { http_proxy, https_proxy, no_proxy, HTTPS_PROXY, NO_PROXY } = environment;
  return new EnvHttpProxyAgent({
    // HTTP_PROXY in capitals is no setting but a header, where a web server has started us.
    httpProxy: http_proxy ?? '',
    httpsProxy: https_proxy ?? HTTPS_PROXY ?? '',
    noProxy: no_proxy ?? NO_PROXY ?? '',
    connect: { timeout: timeoutMs, ...tls },
    requestTls: tls,
    pipelining: 1,
    connections: 1,
  });
}
