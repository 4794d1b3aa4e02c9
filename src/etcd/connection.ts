import { readFileSync } from 'node:fs';
import { Agent } from 'undici';
import { readSecretFile } from '../secrets/secret-file.js';
import type { EtcdSettings } from './settings.js';

/** The part of a call's time that a connection to one member may take. */
const CONNECTION_PART = 3;

/** Requests in progress at one member; further ones wait. A watch is one as long as it lasts. */
const MOST_CONNECTIONS = 64;

/**
 * Connections to members, which stay open between requests. No proxies, whatever the environment says: a proxy that keeps an
 * answer back, or sends a request again, is no part of a protocol about locks, and members are usually not seen from there.
 *
 * @throws Error when a file of a certificate cannot be read, or others can read the key
 */
export function connectionTo(settings: EtcdSettings): Agent {
  const { caFile, certFile, keyFile, requestTimeoutMs } = settings;
  return new Agent({
    connect: {
      timeout: Math.ceil(requestTimeoutMs / CONNECTION_PART),
      // Said, so that NODE_TLS_REJECT_UNAUTHORIZED in a crontab does not say otherwise.
      rejectUnauthorized: true,
      ...(caFile !== undefined && { ca: readFileSync(caFile) }),
      ...(certFile !== undefined && { cert: readFileSync(certFile) }),
      ...(keyFile !== undefined && { key: readKey(keyFile) }),
    },
    connections: MOST_CONNECTIONS,
    // One request after the other: of several in a row on a lost connection it is not known which were received.
    pipelining: 1,
    // The limits are those of a call.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function readKey(path: string): string {
  const file = readSecretFile(path, process.geteuid?.() ?? 0);
  if (file.kind === 'text') return file.text;
  throw new Error(file.kind === 'missing' ? `there is no file ${path}` : file.why);
}
