import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { HEADERS } from './app.js';

/** Connections at once. */
const MOST_CONNECTIONS = 500;

/** For what never comes to the application: a Host that cannot be one. */
function errorHandler(): Response {
  return new Response('This request cannot be read.\n', { status: 400, headers: HEADERS });
}

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
  const server: Server = createServer(getRequestListener(app.fetch, { errorHandler }));
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
