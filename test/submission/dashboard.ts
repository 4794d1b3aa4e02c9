import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A report that the dashboard has confirmed. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** How the dashboard takes one request. `accept` is what it does when nothing is wrong. */
export type Manner = (answer: ServerResponse, received: Received, accept: () => void) => void;

export interface Dashboard {
  readonly url: string;
  readonly port: number;
  /** Confirmed, in the order in which they came. */
  readonly received: Received[];
  /** Every request that came whole, with its status. */
  readonly answers: readonly number[];
  /** How the next requests are taken; when there is no manner left, all is well. */
  readonly manners: Manner[];
  close(): Promise<void>;
}

/** A real HTTP server on loopback that does what CDash does with `submit.php`: it checks the MD5 and says what it got. */
export async function dashboard(tls?: { readonly key: string; readonly cert: string }): Promise<Dashboard> {
  const received: Received[] = [];
  const answers: number[] = [];
  const manners: Manner[] = [];
  const serve = async (request: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const hash = createHash('md5');
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) {
        hash.update(chunk as Buffer);
        chunks.push(chunk as Buffer);
      }
    } catch {
      return; // the client has gone
    }
    const url = new URL(request.url ?? '', 'http://x');
    const md5 = hash.digest('hex');
    const report: Received = {
      method: request.method ?? '',
      path: url.pathname,
      parameters: Object.fromEntries(url.searchParams),
      contentType: request.headers['content-type'],
      authorization: request.headers.authorization,
      body: Buffer.concat(chunks).toString(),
    };
    answer.on('finish', () => answers.push(answer.statusCode));
    const accept = (): void => {
      if (report.parameters['MD5'] !== md5) {
        answer.end(cdash('ERROR', `the MD5 of ${report.parameters['FileName']} is ${md5}`));
        return;
      }
      received.push(report);
      answer.end(cdash('OK', '', md5, '4711'));
    };
    const manner = manners.shift();
    if (manner === undefined) accept();
    else manner(answer, report, accept);
  };
  const handler = (request: IncomingMessage, answer: ServerResponse): void => void serve(request, answer);
  const server: Server = tls === undefined ? createServer(handler) : createTlsServer(tls, handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/submit.php?project=x`,
    port,
    received,
    answers,
    manners,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** CDash's answer. */
export function cdash(status: string, message: string, md5 = '', buildId = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<cdash version="3.2.0">
  <status>${status}</status>
  <message>${message}</message>
  <md5>${md5}</md5>
  <buildId>${buildId}</buildId>
</cdash>
`;
}

/** Answers with a status and a body, without taking the report. */
export function refusing(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Manner {
  return (answer) => {
    answer.writeHead(status, headers);
    answer.end(body);
  };
}

/** Takes the report, and then the connection breaks before the answer is out. */
export const losingTheAnswer: Manner = (answer, _report, accept) => {
  const { socket } = answer;
  answer.end = (() => answer) as typeof answer.end;
  accept();
  socket?.destroy();
};

/** Breaks off without having taken it. */
export const breakingOff: Manner = (answer) => {
  answer.socket?.destroy();
};

/** Never says anything. */
export const silent: Manner = () => undefined;
