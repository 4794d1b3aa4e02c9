import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../support/until.js';

/** A request as a server has got it. */
export interface Received {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How one request is answered. */
export type Manner = (answer: ServerResponse, received: Received) => void;

/** A real HTTP server on loopback that keeps what it gets. */
export class Receiver {
  /** Every request that came whole, whatever was answered. */
  readonly received: Received[] = [];
  /** How the next requests are answered; when there is no manner left, by `usual`. */
  readonly manners: Manner[] = [];
  usual: Manner = (answer) => void answer.end('OK');
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, answer) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const received = { method, path, headers, body: Buffer.concat(chunks).toString() };
        this.received.push(received);
        (this.manners.shift() ?? this.usual)(answer, received);
      });
    });
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Of every request. */
  get paths(): string[] {
    return this.received.map(({ path }) => path);
  }

  async until(count: number): Promise<void> {
    await until(
      () => `${count} requests; there are ${JSON.stringify(this.paths)}`,
      () => this.received.length >= count,
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers with a status. */
export function answering(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Manner {
  return (answer) => {
    answer.writeHead(status, headers);
    answer.end(body);
  };
}

/** Never says anything. */
export const silent: Manner = () => undefined;

/** Breaks off without an answer. */
export const breakingOff: Manner = (answer) => void answer.socket?.destroy();

/** Never stops answering. @param status of what it says for ever */
export function endless(status: number): Manner {
  return (answer) => {
    answer.writeHead(status);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const more = (): void => {
      while (!answer.destroyed && answer.write(chunk));
    };
    answer.on('drain', more);
    more();
  };
}
