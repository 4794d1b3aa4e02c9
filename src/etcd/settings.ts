import type { SecretSource } from '../config/project.js';

/** How a cluster of etcd is reached. */
export interface EtcdSettings {
  /** URLs of its members, `https://HOST:2379`, without path and credentials; at least one. */
  readonly endpoints: readonly string[];
  /** PEM file of the authorities to trust instead of the usual ones. */
  readonly caFile?: string | undefined;
  /** PEM files of the certificate by which the members know us, and of its key. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly login?: { readonly user: string; readonly password: SecretSource } | undefined;
  /** The password may go to another host without TLS. */
  readonly allowInsecure?: boolean | undefined;
  /** For one call on whichever members, in milliseconds. A connection to one member may take a third of it. */
  readonly requestTimeoutMs: number;
}
