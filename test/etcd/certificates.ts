import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Files of an authority and of what it has signed. */
export interface Pem {
  readonly ca: string;
  /** For 127.0.0.1. */
  readonly server: Pair;
  readonly client: Pair;
}

/** Makes an authority, a certificate of a server and one of a client, by openssl. */
export function makeAuthority(directory: string, name = 'authority'): Pem {
  const file = (end: string): string => join(directory, `${name}-${end}`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { stdio: 'ignore' });
  };
  const [ca, caKey] = [file('ca.pem'), file('ca-key.pem')];
  openssl('req', '-x509', ...curve, '-keyout', caKey, '-out', ca, '-subj', `/CN=${name}`, '-days', '2');
  const signed = (who: string, use: string): Pair => {
    const [cert, key, request, extensions] = [file(`${who}.pem`), file(`${who}-key.pem`), file('csr'), file('ext')];
    // Without a common name: etcd's gateway passes its own certificate on, and a name in it would count as a user.
    openssl('req', ...curve, '-keyout', key, '-out', request, '-subj', `/O=${who}`);
    writeFileSync(extensions, `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${use}\n`);
    const by = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions];
    openssl('x509', '-req', '-in', request, ...by, '-out', cert);
    return { cert, key };
  };
  // The gateway of a member is a client of it, by the certificate of the server.
  return { ca, server: signed('server', 'serverAuth,clientAuth'), client: signed('client', 'clientAuth') };
}
