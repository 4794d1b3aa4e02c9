import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

/** Connections at once. */
const MOST_CONNECTIONS = 500;

/** A server that answers by now. */
export interface RunningServer {
  /** `http://127.0.0.1:8417/` */
  readonly url: string;
  /** Ends what is open. */
  close(): Promise<void>;
}

/**
 * @param port 0 for any that is free
 * @throws the system's error: EADDRINUSE, EACCES, EADDRNOTAVAIL
 */
export async function startServer(app: Hono, address: string, port: number): Promise<RunningServer> {
  const server: Server = createServer(getRequestListener(app.fetch));
  server.maxConnections = MOST_CONNECTIONS;
  server.listen(port, address);
  await once(server, 'listening');
  const { address: bound, port: boundPort, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${bound}]` : bound}:${boundPort}/`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
